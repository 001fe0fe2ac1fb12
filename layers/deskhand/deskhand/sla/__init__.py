"""Due times: pure rules of policy, calendar and events, and what reads and stores a ticket's."""
