"""Tickets near or past their due time: escalated once per stage, with notices to people."""
