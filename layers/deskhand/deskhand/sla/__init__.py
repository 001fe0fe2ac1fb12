"""Due times: pure functions of the policy, the calendar and the ticket's events."""
