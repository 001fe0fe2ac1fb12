"""The operations that audit exports of old tickets."""

from deskhand.api.handover import Handover
from deskhand.audits.export import MAX_ROWS
from deskhand.audits.request import AuditParameters
from deskhand.reference import audited
from deskhand.reference.handover import HANDED_OVER
from deskhand.reference.operation import Operation, Reply
from deskhand.spreadsheets.api import JSON_ROWS, TABLES

AUDITS = (
    Operation(
        "POST", "/attribution/audits", "post_audit",
        "Audit an export of old tickets",
        {
            200: Reply("How the file was understood, with `dry_run`.", audited.TriedAudit),
            202: Reply("The audit, which is done within minutes.", audited.Audit),
        },
        detail="Takes a CSV, XLSX, XLS, ODS or JSON export of Zendesk, Jira, ServiceNow, Freshdesk,"
        f" Freshservice, Zammad, osTicket or GLPI: up to {MAX_ROWS:,} rows and 4 MiB, also packed"
        " with gzip. It reports likely misroutes, clusters of duplicates, gaps of the SLA and texts"
        " that fit nothing in the catalog. No ticket, no learnt example and no mail comes of it."
        " What only you can know is asked for with 422: columns by `mapping`, the order of day and"
        " month by `dates`. The rows are deleted when the audit ends, its findings after 30 days.",
        problems={
            400: "The table cannot be read, or a query parameter is wrong.",
            409: "No service catalog is in force, or five audits wait already.",
            413: "The body is larger than 4 MiB.",
            415: "The Content-Type is none of a table.",
            422: "The file leaves something open: the errors name the parameters to send.",
        },
        query=AuditParameters, files=(*TABLES, *JSON_ROWS),
    ),
    Operation(
        "GET", "/attribution/audits", "get_audits",
        "List audits",
        {200: Reply("The last audits.", audited.Audits)},
    ),
    Operation(
        "GET", "/attribution/audits/{audit_id}", "get_audit",
        "Read an audit",
        {200: Reply("The audit and, once it is done, its findings.", audited.Audit)},
    ),
    Operation(
        "GET", "/attribution/audits/{audit_id}/file", "get_audit_file",
        "Download all findings as a spreadsheet",
        HANDED_OVER, query=Handover,
        problems={409: "The audit is not done."},
    ),
    Operation(
        "DELETE", "/attribution/audits/{audit_id}", "delete_audit",
        "Delete an audit",
        {204: Reply("It is gone, and its findings with it.")},
    ),
)  # fmt: skip
