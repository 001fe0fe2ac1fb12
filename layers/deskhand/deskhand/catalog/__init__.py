"""The service catalog: its model, calendars, SLA policies, checks and sources."""
