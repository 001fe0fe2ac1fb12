"""Vectors in the database: whose are found, and how they follow their tickets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from deskhand.similarity.bag_of_words import Bag
from deskhand.store import embedding_models, vectors
from deskhand.store.connection import Connection, open_connection
from deskhand.store.vectors import SearchScope, Standing, TicketVector
from tests import arrange, journeys
from tests.patience import wait_for_lock
from tests.store.vector_rows import along, stored

FIRST = UUID(int=0)


WANTED = SearchScope(
    ticket_id=None, standing="original", since=FIRST, embedding=along(1), rare=[], limit=10
)


def found(conn: Connection, wanted: SearchScope = WANTED) -> list[UUID]:
    near = vectors.nearest_tickets(conn, embedding_models.serving_model(conn), wanted)
    return [each.ticket_id for each in near]


def standing(conn: Connection, ticket_id: UUID) -> str:
    query = "SELECT standing FROM ticket_vectors WHERE ticket_id = %s"
    return str(conn.execute(query, [ticket_id]).fetchone()["standing"])


def test_the_nearest_come_first_with_their_cosines(conn: Connection) -> None:
    """F-F1 F-F2"""
    far, near = stored(conn, 0, 1), stored(conn, 3, 4)
    rows = vectors.nearest_tickets(conn, embedding_models.serving_model(conn), WANTED)
    assert [each.ticket_id for each in rows] == [near, far]
    assert [each.cosine for each in rows] == pytest.approx([0.6, 0], abs=1e-3)


def test_a_rare_word_finds_what_no_vector_would(conn: Connection) -> None:
    """F-F1: the lexical half brings candidates of its own."""
    nearest = [stored(conn, 1, n / 100) for n in range(4)]
    said = stored(conn, -1, terms=(5, -7))
    wanted = replace(WANTED, limit=4)
    assert found(conn, wanted) == nearest
    assert found(conn, replace(wanted, rare=[-7])) == [*nearest, said]
    assert found(conn, replace(wanted, rare=[8])) == nearest


def test_words_come_as_they_are_compared(conn: Connection) -> None:
    """F-F1: the database packs a bag as we do."""
    bag = Bag([7, -(2**31), 2**31 - 1], [1.0, 1.6931, 2.5])
    spoken, _ = arrange.accepted(conn)
    silent = stored(conn, 0, 1)
    vector = TicketVector(spoken, 1, along(1), bag.terms, bag.weights)
    vectors.put(conn, "all-MiniLM-L6-v2", [vector])
    near = vectors.nearest_tickets(
        conn, embedding_models.serving_model(conn), replace(WANTED, rare=[7])
    )
    assert [(each.ticket_id, each.words) for each in near] == [(spoken, bag.packed), (silent, b"")]


def test_neither_itself_nor_what_is_older_than_the_window(conn: Connection) -> None:
    """F-F3"""
    old, itself, young = (stored(conn, 1, n / 100, terms=(1,)) for n in range(3))
    wanted = replace(WANTED, ticket_id=itself, since=itself, rare=[1])
    assert found(conn, wanted) == [young]
    assert found(conn) == [old, itself, young]


def test_a_text_that_changed_meanwhile_is_not_stored(conn: Connection) -> None:
    """F-F4"""
    ticket_id, _ = arrange.accepted(conn)
    conn.execute("UPDATE tickets SET text_version = 2, version = 2")
    assert (
        vectors.put(conn, "all-MiniLM-L6-v2", [TicketVector(ticket_id, 1, along(1), [], [])]) == 0
    )
    assert vectors.put(conn, "all-MiniLM-L6-v2", [TicketVector(FIRST, 1, along(1), [], [])]) == 0


def test_a_vector_stands_where_its_ticket_does(conn: Connection) -> None:
    """F-F4"""
    first, second = stored(conn, 1), stored(conn, 1)
    moves: list[tuple[str, Standing | str]] = [
        ("status = 'open', title = 'x'", "original"),
        ("status = 'solved'", "done"),
        ("status = 'open'", "original"),
        (f"duplicate_of = '{first}'", "duplicate"),
        ("status = 'closed'", "duplicate"),
        ("duplicate_of = NULL", "done"),
    ]
    for change, wanted in moves:
        conn.execute(b"UPDATE tickets SET %b WHERE id = %%s" % change.encode(), [second])
        assert standing(conn, second) == wanted, change
    assert found(conn) == [first]
    assert found(conn, replace(WANTED, standing="done")) == [second]


def test_a_deleted_ticket_is_not_found(conn: Connection) -> None:
    """F-F4"""
    ticket_id = stored(conn, 1)
    assert journeys.delete(conn, ticket_id)
    assert (found(conn), arrange.count(conn, "ticket_vectors")) == ([], 0)


def test_the_graph_is_what_answers(conn: Connection) -> None:
    """F-F1: the planner takes the partial index of the model and the standing."""
    stored(conn, 1)
    # For a handful of rows it would rather read them all.
    conn.execute("SET enable_seqscan = off; SET enable_sort = off")
    plan = conn.execute(
        "EXPLAIN SELECT ticket_id FROM ticket_vectors"
        " WHERE model = %(model)s AND standing = %(standing)s"
        " ORDER BY embedding::halfvec(384) <=> %(vector)s::halfvec(384) LIMIT 10",
        {"model": "all-MiniLM-L6-v2", "standing": "original", "vector": along(1)},
    ).fetchall()
    assert any("orig_vectors_" in row["QUERY PLAN"] for row in plan), plan


def test_who_stores_and_who_drops_do_not_wait_for_each_other(
    conn: Connection, database: str
) -> None:
    """F-F4: a change of the embedding model while tickets come in."""
    ticket_id = stored(conn, 1)
    embedding_models.add(conn, "tiny", 2)
    vector = TicketVector(ticket_id, 1, along(1), [], [])
    with (
        ThreadPoolExecutor() as pool,
        open_connection(database) as other,
        open_connection(database) as watching,
    ):
        with conn.transaction():
            embedding_models.lock_vectors(conn)
            assert embedding_models.start_serving(conn, "tiny")
            # As the refresh does, which drops several.
            conn.execute("SELECT FROM embedding_models FOR UPDATE")
            storing = pool.submit(vectors.put, other, "all-MiniLM-L6-v2", [vector])
            wait_for_lock(watching)
            assert not storing.done()
            embedding_models.drop(conn, "all-MiniLM-L6-v2")
        assert storing.result() == 0


def test_models_have_vectors_of_their_own_size(conn: Connection) -> None:
    """F-F4: a change of the embedding model."""
    ticket_id = stored(conn, 1)
    embedding_models.add(conn, "tiny", 2)
    embedding_models.add(conn, "tiny", 2)
    vectors.put(conn, "tiny", [TicketVector(ticket_id, 1, "[1,0]", [], [])])
    assert embedding_models.serving_model(conn).model == "all-MiniLM-L6-v2"
    with conn.transaction():
        embedding_models.start_serving(conn, "tiny")
        embedding_models.drop(conn, "all-MiniLM-L6-v2")
        embedding_models.drop(conn, "tiny")
    assert [(m.model, m.dimensions) for m in embedding_models.all_models(conn)] == [("tiny", 2)]
    assert found(conn, replace(WANTED, embedding="[1,0]")) == [ticket_id]
    indexes = "SELECT count(*) AS n FROM pg_indexes WHERE indexname ~ '^(orig|done)_vectors_'"
    assert conn.execute(indexes).fetchone() == {"n": 2}
