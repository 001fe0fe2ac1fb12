"""Two tickets of the same thing and an article, through the deployed API and the real workflow."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.conftest import Stack

BODY = "Since Tuesday the VPN disconnects every five minutes when I work from home, {}."

_TRIAGED = """
SELECT o.step FROM step_outcomes o JOIN runs r ON r.id = o.run_id
JOIN tickets t ON t.id = r.ticket_id
WHERE t.subject = %s
      AND (o.step = 'classify' OR (o.step = 'link_duplicate' AND (o.verdict ->> 'inherited')::bool))
"""


def test_twins_at_once_end_with_one_original_that_was_asked_about(stack: Stack) -> None:
    """F-D11 F-F3"""
    subject = f"VPN of site {uuid.uuid4()} drops"
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(lambda n: stack.post(subject, BODY.format(n)), range(4)))
    ended = sorted(
        (stack.ended(reply.json()["ticket_id"]) for reply in posted), key=lambda each: each["id"]
    )
    assert {ticket["workflow_status"] for ticket in ended} == {"COMPLETED"}
    original, *others = ended
    # An older twin that was looked at last takes a younger one over after that one has ended.
    rows = stack.sql("SELECT duplicate_of::text AS o FROM tickets WHERE subject = %s", subject)
    assert sorted(str(row["o"]) for row in rows) == [original["id"]] * 3 + ["None"]
    steps = [each["step"] for each in stack.sql(_TRIAGED, subject)]
    assert len(steps) == 4, "each was asked about, or inherits"
    assert "link_duplicate" in steps
    assert {ticket["category"] for ticket in others} == {original["category"]}


def test_a_link_is_taken_back(stack: Stack) -> None:
    """F-F3"""
    subject = f"Badge {uuid.uuid4()} does not open the door"
    first = stack.ended(stack.post(subject, "It worked yesterday.").json()["ticket_id"])
    second = stack.ended(stack.post(subject, "It worked yesterday!").json()["ticket_id"])
    assert second["duplicate_of"] == first["id"]
    reply = stack.api.delete(f"/tickets/{second['id']}/duplicate")
    assert (reply.status_code, reply.json()["duplicate_of"]) == (200, None)
    after = stack.ended(second["id"])
    assert (after["workflow_status"], after["duplicate_of"]) == ("COMPLETED", None)
    assert [each["ticket_id"] for each in after["suggested_duplicates"]] == [first["id"]]


def test_an_article_is_found_at_once(stack: Stack) -> None:
    """F-G1"""
    slug = f"line-{uuid.uuid4()}"
    article = {"title": "Fax lines", "body": f"## Order a line\n\nAsk for line {slug}."}
    assert stack.api.put(f"/kb/articles/{slug}", json=article).status_code == 201
    results = stack.api.get("/kb/search", params={"q": f"which line is {slug} &|!"}).json()
    assert (results["results"][0]["slug"], results["results"][0]["section"]) == (slug, 0)
    assert stack.api.delete(f"/kb/articles/{slug}").status_code == 204
