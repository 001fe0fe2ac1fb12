"""Due times: pure functions of the policy, the calendar and what happened to the ticket."""
