"""Tickets near or past their due time: escalated once a stage, with notices to people."""
