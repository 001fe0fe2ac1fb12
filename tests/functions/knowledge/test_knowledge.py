"""Articles: written, read, listed, deleted, and found by question or symptom."""

import subprocess
import sys

import pytest

from deskhand.settings import environment
from deskhand.settings.embedder import EMBEDDED
from deskhand.store import articles, drafts
from deskhand.store.connection import Connection
from functions.migrate.handler import handler as migrate
from tests import arrange
from tests.functions.knowledge.articles import VPN, ask, put, search

PRINTER = {"title": "Paper jams", "body": "Open tray 3 of the printer and pull the paper out."}


@pytest.fixture
def shelf(database: str) -> None:
    """Two articles."""
    assert put("vpn-disconnects", VPN)[0] == 201
    assert put("paper-jams", PRINTER)[0] == 201


def test_an_article_is_created_read_replaced_and_deleted(conn: Connection) -> None:
    """F-G1"""
    status, stored = put("vpn", VPN)
    assert (status, stored["title"], stored["body"]) == (201, VPN["title"], VPN["body"])
    assert stored["sections"] == [
        {"section": 0, "heading": "The VPN disconnects", "text": "Read this first."},
        {"section": 1, "heading": "Symptoms", "text": "The tunnel drops every few minutes."},
        {
            "section": 2,
            "heading": "Solution",
            "text": "Reset the connection profile and sign in again.",
        },
    ]
    assert ask("GET", "/kb/articles/vpn") == (200, stored)
    status, replaced = put("vpn", PRINTER)
    assert (status, replaced["title"], len(replaced["sections"])) == (200, "Paper jams", 1)
    assert ask("DELETE", "/kb/articles/vpn") == (204, None)
    assert ask("DELETE", "/kb/articles/vpn")[0] == 404
    assert ask("GET", "/kb/articles/vpn")[0] == 404
    assert {arrange.count(conn, t) for t in ("article_sections", "section_vectors")} == {0}


def test_articles_are_listed_page_by_page(shelf: None) -> None:
    status, first = ask("GET", "/kb/articles", limit="1")
    assert (status, [each["slug"] for each in first["articles"]]) == (200, ["paper-jams"])
    _, second = ask("GET", "/kb/articles", limit="1", cursor=first["next_cursor"])
    assert [each["slug"] for each in second["articles"]] == ["vpn-disconnects"]
    assert (second["articles"][0]["sections"], second["next_cursor"]) == (3, None)


def test_the_section_that_answers_comes_first(shelf: None) -> None:
    """F-G1: cited by article and section."""
    best = search("how do I reset my connection profile")[0]
    assert (best["slug"], best["section"], best["heading"]) == ("vpn-disconnects", 2, "Solution")
    assert best["text"] == "Reset the connection profile and sign in again."
    assert not best["truncated"]
    assert 0 < best["cosine"] < best["score"] <= 2


def test_a_preview_is_what_would_be_stored_and_stores_nothing(conn: Connection) -> None:
    """F-G1"""
    sent = {**VPN, "tags": ["network"]}
    status, seen = ask("POST", "/kb/preview", sent)
    assert status == 200
    assert conn.execute("SELECT 1 FROM articles").fetchall() == []
    _, stored = put("vpn", sent)
    assert seen == {name: stored[name] for name in ("title", "tags", "readers", "sections")}
    status, problem = ask("POST", "/kb/preview", {"body": "No heading"})
    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, ["/title"])


def test_a_section_is_found_by_the_headings_above_it(conn: Connection) -> None:
    """F-G1"""
    page = (
        "## Windows\n\n### Reset the profile\n\nOpen settings and press reset.\n\n"
        "## Macintosh\n\n### Reset the profile\n\nOpen the keychain and delete the entry.\n"
    )
    assert put("profile", {"title": "Profiles", "body": page})[0] == 201
    for asked, system in (("Macintosh", "Macintosh"), ("windows", "Windows")):
        for question in (asked, f"reset the profile on {asked}"):
            assert search(question)[0]["heading"] == f"{system} › Reset the profile"
    [by_words] = articles.nearest_sections(
        conn, EMBEDDED.name, "macintosh", "[" + "0.1," * 383 + "0.1]", 1
    )[-1:]
    assert by_words.number == 1


def test_what_stands_far_down_a_long_list_is_found(shelf: None) -> None:
    """F-G1: the model reads 256 tokens of a section, and of its words 512 are kept."""
    lines = [f"- fault {n}: replace part number {n * 7}" for n in range(1200)]
    lines[1100] = "- flickering: replace the ballast of the lamp"
    assert put("faults", {"title": "Faults", "body": "\n".join(lines)})[0] == 201
    for question in ("ballast", "the light in my room keeps going on and off"):
        best = search(question)[0]
        _, article = ask("GET", f"/kb/articles/{best['slug']}")
        cited = article["sections"][best["section"]]
        assert lines[1100] in cited["text"]
        assert (best["truncated"], cited["text"][:300]) == (True, best["text"])


def test_meaning_is_enough_and_so_are_words(shelf: None) -> None:
    assert search("remote access keeps breaking off")[0]["slug"] == "vpn-disconnects"
    assert search("tray")[0]["slug"] == "paper-jams"


def test_a_new_article_is_found_at_once_and_a_deleted_one_no_more(shelf: None) -> None:
    """F-G1"""
    put("fax", {"title": "Fax", "body": "The fax machine needs line ZX-81."})
    assert search("ZX-81")[0]["slug"] == "fax"
    ask("DELETE", "/kb/articles/fax")
    assert all(each["slug"] != "fax" for each in search("ZX-81"))


@pytest.mark.parametrize(
    "q",
    [
        "vpn & | ! ( ) : * <-> '",
        "'; DROP TABLE articles; --",
        "tunnel:*&!drops",
        "http://example.com/a?b=1&c=%27|x",
        "\\",
        "'''\\'",
        "%_%",
        "der die das",
        "🙂",
    ],
)
def test_metacharacters_are_inert(shelf: None, q: str) -> None:
    """F-G1"""
    assert len(search(q)) == 4


def test_a_limit_is_kept(shelf: None) -> None:
    assert len(search("vpn", limit="2")) == 2


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 10_001}, "q"),
        ({"q": "x\0"}, "q"),
        ({"q": "x", "limit": "0"}, "limit"),
        ({"q": "x", "limit": "1e1"}, "limit"),
        ({"q": "x", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_question_is_named(database: str, query: dict[str, str], wrong: str) -> None:
    """F-A3"""
    status, problem = ask("GET", "/kb/search", **query)
    assert (status, [each["pointer"] for each in problem["errors"]]) == (400, [wrong])


@pytest.mark.parametrize(
    ("article", "status", "pointer"),
    [
        ({"title": "x"}, 422, "/body"),
        ({**VPN, "title": " "}, 422, "/title"),
        ({**VPN, "title": "x" * 201}, 422, "/title"),
        ({**VPN, "body": "x" * 100_001}, 422, "/body"),
        ({**VPN, "body": "# x\n\ny\n" * 201}, 422, "/body"),
        ({**VPN, "slug": "x"}, 422, "/slug"),
        ('{"title": "x\\u0000", "body": "y"}', 400, "/title"),
        ("[", 400, ""),
    ],
)
def test_a_wrong_article_is_named_and_not_stored(
    conn: Connection, article: object, status: int, pointer: str
) -> None:
    """F-A3"""
    answered, problem = put("vpn", article)
    assert (answered, [each["pointer"] for each in problem["errors"]]) == (status, [pointer])
    assert arrange.count(conn, "articles") == 0


@pytest.mark.parametrize("slug", ["Not%20A%20Slug", "a--b", "x" * 101, "%00"])
def test_a_wrong_slug_is_named(database: str, slug: str) -> None:
    status, problem = put(slug, VPN)
    assert (status, problem["errors"][0]["pointer"]) == (400, "slug")


def test_who_may(shelf: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-K2"""
    for role, listing in (("customer", 403), ("service", 200)):
        become(monkeypatch, role)
        assert ask("GET", "/kb/articles")[0] == listing
        assert ask("GET", "/kb/search", q="x")[0] == 200
        assert ask("POST", "/kb/search", {"q": "x"})[0] == 200
        assert put("new", VPN)[0] == 403
        assert ask("DELETE", "/kb/articles/paper-jams")[0] == 403


def become(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    """Who asks from now on has the role."""
    monkeypatch.setenv("ANONYMOUS_ROLE", role)
    environment.settings.cache_clear()


@pytest.mark.parametrize("way", ["GET", "POST"])
def test_customers_find_what_is_for_everyone(
    shelf: None, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """F-G1 F-K2: by meaning, by words and by address; and no comment of it."""
    body = "Reset the connection profile at home.\n\n<!-- KILO: for us -->"
    assert put("vpn-at-home", {"title": "VPN", "body": body, "readers": "everyone"})[0] == 201
    question = "how do I reset my connection profile"
    asked = {"GET": lambda: ask("GET", "/kb/search", q=question),
             "POST": lambda: ask("POST", "/kb/search", {"q": question})}  # fmt: skip
    staff = asked[way]()[1]["results"]
    assert {each["slug"] for each in staff} == {"vpn-at-home", "vpn-disconnects", "paper-jams"}
    become(monkeypatch, "customer")
    found = asked[way]()[1]["results"]
    assert [each["slug"] for each in found] == ["vpn-at-home"]
    status, article = ask("GET", "/kb/articles/vpn-at-home")
    assert (status, article["body"], "KILO" in str(article)) == (200, None, False)
    for slug in ("paper-jams", "unknown"):
        status, problem = ask("GET", f"/kb/articles/{slug}")
        assert (status, problem["detail"]) == (404, "there is no such article")


def test_nobody_makes_an_article_public_by_mistake(database: str) -> None:
    """F-G1: only the exact word does, in the request or in the front matter."""
    page = "---\nreaders: {}\n---\n# Badges\n\nAsk at the gate."
    for said, readers in (("everyone", "everyone"), ("Everyone", "staff"), ("[everyone]", "staff")):
        assert put("badges", {"body": page.format(said)})[1]["readers"] == readers
    assert put("badges", {"body": "# Badges\n\nAsk."})[1]["readers"] == "staff"
    sent = {"body": page.format("everyone"), "readers": "staff"}
    assert put("badges", sent)[1]["readers"] == "staff"
    assert ask("POST", "/kb/preview", {"body": page.format("everyone")})[1]["readers"] == "everyone"
    assert put("badges", {"body": "# A\n\nB.", "readers": "all"})[0] == 422


def test_an_embedding_model_that_is_away_is_told(
    shelf: None, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskhand.store import embedding_models

    embedding_models.add(conn, "gone", 2)
    with conn.transaction():
        embedding_models.start_serving(conn, "gone")
    assert ask("GET", "/kb/search", q="x")[0] == 503
    assert put("new", VPN)[0] == 503


def test_a_whole_mail_is_a_question(shelf: None) -> None:
    """F-G1 F-G6"""
    mail = (
        "Dear desk,\n\nThe tunnel drops every few minutes.\n" + "More of my day: 'a\\b & c'. " * 300
    )
    assert search(mail[:10_000])[0]["slug"] == "vpn-disconnects"
    assert ask("GET", "/kb/search", q="x" * 10_001)[0] == 400


def test_a_question_too_long_for_a_url_is_sent_as_a_body(shelf: None) -> None:
    """F-G6: the answer is the same, and 10,000 characters of any script fit."""
    short = {"q": "The tunnel drops every few minutes."}
    _, asked = ask("GET", "/kb/search", **short)
    assert ask("POST", "/kb/search", short) == (200, asked)
    long = ("\u30c8\u30f3\u30cd\u30eb The tunnel drops every few minutes. " * 300)[:10_000]
    status, found = ask("POST", "/kb/search", {"q": long, "limit": 1})
    assert (status, [each["slug"] for each in found["results"]]) == (200, ["vpn-disconnects"])


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({}, 422, "/q"),
        ({"q": " "}, 422, "/q"),
        ({"q": "x" * 10_001}, 422, "/q"),
        ({"q": 1}, 422, "/q"),
        ({"q": "x", "limit": "1"}, 422, "/limit"),
        ({"q": "x", "limit": 0}, 422, "/limit"),
        ({"q": "x", "colour": "red"}, 422, "/colour"),
        ('{"q": "x\\u0000"}', 400, "/q"),
        ("[", 400, ""),
    ],
)
def test_a_wrong_question_in_a_body_is_named(
    database: str, sent: object, status: int, pointer: str
) -> None:
    """F-A3"""
    answered, problem = ask("POST", "/kb/search", sent)
    assert (answered, [each["pointer"] for each in problem["errors"]]) == (status, [pointer])


def test_front_matter_gives_title_and_tags(conn: Connection) -> None:
    """F-G1: what is sent beside the body goes before it, and the tags are found."""
    page = "---\ntitle: Badges\ntags: [lanyard]\n---\n## Lost\n\nAsk at the gate."
    status, stored = put("badges", {"body": page})
    assert (status, stored["title"], stored["tags"]) == (201, "Badges", ["lanyard"])
    assert stored["sections"] == [{"section": 0, "heading": "Lost", "text": "Ask at the gate."}]
    _, replaced = put("badges", {"title": "Cards", "tags": [], "body": page})
    assert (replaced["title"], replaced["tags"]) == ("Cards", [])
    put("badges", {"body": page})
    _, listed = ask("GET", "/kb/articles")
    assert listed["articles"][0]["tags"] == ["lanyard"]
    [row] = conn.execute(
        "SELECT slug FROM article_sections WHERE search @@ 'lanyard'::tsquery"
    ).fetchall()
    assert row["slug"] == "badges"


def test_a_page_without_any_title_is_refused(conn: Connection) -> None:
    status, answer = put("x", {"body": "Only text."})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/title")
    assert put("x", {"body": "# Head\n\nText."})[1]["title"] == "Head"


def test_comments_are_not_found(shelf: None) -> None:
    """F-G1"""
    page = "Ribbons.\n\n<!-- INTERNAL:\n\n## Override\n\nThe override code is 8841-KILO.\n-->"
    put("badge", {"title": "Badge printer", "body": page})
    for result in search("override code of the badge printer 8841-KILO"):
        assert "KILO" not in result["text"] + result["heading"]
        assert "Override" not in result["heading"]


def test_the_deployment_reads_stored_articles_anew(conn: Connection) -> None:
    """F-G1: with what an older release stored of them, nothing can be quoted until then."""
    put("badge", {"title": "Badge", "body": "---\ntags: [a]\n---\nRibbon.\n\n<!-- KILO -->"})
    conn.execute("UPDATE articles SET reader = 0, tags = '{}', updated_at = '2026-01-01'")
    conn.execute("UPDATE article_sections SET body = 'Ribbon. KILO', quotes = '[]', tags = ''")
    assert migrate({}, None)["articles_read_anew"] == 1
    assert migrate({}, None)["articles_read_anew"] == 0
    _, article = ask("GET", "/kb/articles/badge")
    assert [each["text"] for each in article["sections"]] == ["Ribbon."]
    assert (article["tags"], article["updated_at"][:10]) == (["a"], "2026-01-01")
    [passage] = drafts.passages(conn, ["badge"])
    assert [each["text"] for each in passage["quotes"]] == ["Ribbon."]


@pytest.mark.parametrize("word", ["research", "draft_reply", "review_reply", "docs", "knowledge"])
def test_only_who_stores_articles_loads_the_parser(word: str) -> None:
    """F-G1: the parser is no part of a cold start."""
    code = f"import sys, functions.{word}.handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": "layers/deskhand:."},
    )  # fmt: skip
    assert not {"markdown_it", "yaml"} & set(done.stdout.split())
