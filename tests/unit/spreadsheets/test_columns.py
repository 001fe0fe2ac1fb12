"""The columns of the exports that help desks make."""

import pytest

from deskhand.spreadsheets.columns import FIELDS, UnknownColumn, columns_of, missing, normalise

# Headers as the systems write them, and the columns that are found for the fields.
EXPORTS = {
    "Zendesk": (
        "Id;Requester;Requester domain;Subject;Tags;Status;Priority;Via;Ticket type;Created at;"
        "Updated at;Group;Group stations;Solved at;Due date;Full resolution time in minutes;"
        "Category [list]",
        {"external_id": "Id", "subject": "Subject", "category": "Category [list]",
         "request_type": "Ticket type", "priority": "Priority", "created_at": "Created at",
         "updated_at": "Updated at", "solved_at": "Solved at", "due_at": "Due date"},
    ),
    "Jira": (
        "Summary;Issue key;Issue id;Issue Type;Status;Priority;Resolution;Created;Updated;Resolved;"
        "Due date;Component/s;Labels;Description;Custom field (Request Type);Comment",
        {"external_id": "Issue key", "subject": "Summary", "body": "Description",
         "category": "Component/s", "request_type": "Custom field (Request Type)",
         "priority": "Priority", "created_at": "Created", "updated_at": "Updated",
         "solved_at": "Resolved", "due_at": "Due date"},
    ),
    "ServiceNow": (
        "number;sys_id;short_description;description;category;subcategory;priority;opened_at;"
        "sys_updated_on;resolved_at;closed_at;due_date;made_sla",
        {"external_id": "number", "subject": "short_description", "body": "description",
         "category": "category", "request_type": "subcategory", "priority": "priority",
         "created_at": "opened_at", "updated_at": "sys_updated_on", "solved_at": "resolved_at",
         "due_at": "due_date"},
    ),
    "Freshdesk": (
        "Ticket ID;Subject;Status;Priority;Source;Type;Created time;Due by Time;Resolved time;"
        "Closed time;Last updated time;Initial response time;Product",
        {"external_id": "Ticket ID", "subject": "Subject", "category": "Product",
         "request_type": "Type", "priority": "Priority", "created_at": "Created time",
         "updated_at": "Last updated time", "solved_at": "Resolved time",
         "due_at": "Due by Time"},
    ),
    "Freshservice": (
        "Ticket Id;Subject;Description;Requester Name;Category;Sub-Category;Item;Priority;Urgency;"
        "Created Time;Resolved Time;Closed Time;Due by Time;Resolution Time (in Hrs)",
        {"external_id": "Ticket Id", "subject": "Subject", "body": "Description",
         "category": "Category", "request_type": "Sub-Category", "priority": "Priority",
         "created_at": "Created Time", "solved_at": "Resolved Time", "due_at": "Due by Time"},
    ),
    "Zammad": (
        "#;Title;State;Priority;Group;Created at;Close at",
        {"external_id": "#", "subject": "Title", "category": "Group", "priority": "Priority",
         "created_at": "Created at", "solved_at": "Close at"},
    ),
    "osTicket": (
        "Ticket Number;Date Created;Subject;From;Priority;Department;Help Topic;Current Status;"
        "Last Updated;Due Date;Closed Date",
        {"external_id": "Ticket Number", "subject": "Subject", "category": "Help Topic",
         "priority": "Priority", "created_at": "Date Created", "updated_at": "Last Updated",
         "solved_at": "Closed Date", "due_at": "Due Date"},
    ),
    "GLPI": (
        "ID;Title;Entity;Status;Last update;Opening date;Priority;Requester - Requester;Category;"
        "Time to resolve;Resolution date;Description;Type",
        {"external_id": "ID", "subject": "Title", "body": "Description", "category": "Category",
         "request_type": "Type", "priority": "Priority", "created_at": "Opening date",
         "updated_at": "Last update", "solved_at": "Resolution date",
         "due_at": "Time to resolve"},
    ),
    "UCI event log": (
        "number;incident_state;sys_mod_count;sys_updated_at;opened_at;category;subcategory;"
        "u_symptom;priority;resolved_at;closed_at",
        {"external_id": "number", "category": "category", "request_type": "subcategory",
         "priority": "priority", "created_at": "opened_at", "updated_at": "sys_updated_at",
         "solved_at": "resolved_at"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", EXPORTS)
def test_the_export_of_each_system_is_recognised(system: str) -> None:
    """F-J7"""
    header, wanted = EXPORTS[system]
    columns = columns_of(header.split(";"))
    assert columns.system == system
    assert columns.of == wanted


@pytest.mark.parametrize("system", EXPORTS)
def test_the_order_and_the_case_of_columns_do_not_matter(system: str) -> None:
    header, wanted = EXPORTS[system]
    columns = columns_of([each.upper() for each in reversed(header.split(";"))])
    assert columns.of == {field: column.upper() for field, column in wanted.items()}


def test_the_names_of_the_api_are_known_too() -> None:
    assert columns_of(FIELDS).of == {field: field for field in FIELDS}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Request type", "request type"), ("request_type", "request type"),
        ("Sub-Category", "sub category"), ("Component/s", "component s"),
        ("Custom field (Request Type)", "request type"), ("Category [list]", "category"),
        ("Resolution Time (in Hrs)", "resolution time"), ("#", "#"), ("(id)", "id"),
    ],
)  # fmt: skip
def test_names_are_compared_without_what_differs(name: str, plain: str) -> None:
    assert normalise(name) == plain


def test_a_column_that_only_resembles_a_field_is_suggested_and_not_used() -> None:
    columns = columns_of(["Nr", "Betreff", "Queue"])
    assert columns.of == {}
    assert columns.suggested == {"subject": ("Betreff",), "category": ("Queue",)}
    said = missing(columns, ["Nr", "Betreff"], ("external_id",), ("subject", "body"))
    assert list(said) == ["external_id", "subject"]
    assert said["external_id"] == (
        "no column is known to hold external_id; the file has Nr, Betreff"
    )
    assert "it may be Betreff: confirm it" in said["subject"]


def test_given_columns_come_first_and_are_found_in_any_spelling() -> None:
    columns = columns_of(["Id", "Title", "Queue"], {"category": "queue", "subject": "Title"})
    assert columns.of == {"external_id": "Id", "subject": "Title", "category": "Queue"}
    assert columns.given == {"category", "subject"}


@pytest.mark.parametrize(("field", "column"), [("subject", "Nowhere"), ("colour", "Id")])
def test_a_wrong_mapping_is_named(field: str, column: str) -> None:
    with pytest.raises(UnknownColumn) as refused:
        columns_of(["Id"], {field: column})
    assert refused.value.field == field
