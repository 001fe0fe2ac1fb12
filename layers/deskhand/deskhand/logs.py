"""JSON log lines that carry ids and never ticket text."""

from aws_lambda_powertools import Logger

log = Logger(service="deskhand", use_rfc3339=True)
