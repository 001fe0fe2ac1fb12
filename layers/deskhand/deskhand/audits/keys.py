"""The places of audits' spreadsheets in the bucket of the reports."""

from uuid import UUID


def key_of(audit_id: UUID) -> str:
    """Where the spreadsheet of an audit is."""
    return f"audits/audit-{audit_id}.xlsx"
