"""Which embedding models there are, and which one answers searches."""

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.rows import class_row

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class EmbeddingModel:
    """A model whose vectors are stored; only the `serving` one is searched with."""

    model: str
    dimensions: int
    serving: bool


def serving(conn: Connection) -> EmbeddingModel:
    """The model that answers searches; there always is one."""
    cursor = conn.cursor(row_factory=class_row(EmbeddingModel))
    [model] = cursor.execute(
        "SELECT model, dimensions, serving FROM embedding_models WHERE serving"
    ).fetchall()
    return model


def every(conn: Connection) -> list[EmbeddingModel]:
    """All of them, the serving one first."""
    cursor = conn.cursor(row_factory=class_row(EmbeddingModel))
    return cursor.execute(
        "SELECT model, dimensions, serving FROM embedding_models ORDER BY serving DESC, added_at"
    ).fetchall()


def add(conn: Connection, model: str, dimensions: int) -> None:
    """Makes room for the vectors of a model that is not known yet."""
    conn.execute(
        "SELECT add_embedding_model(%(model)s, %(dimensions)s) WHERE NOT EXISTS"
        " (SELECT FROM embedding_models WHERE model = %(model)s)",
        {"model": model, "dimensions": dimensions},
    )


def of_serving[T](conn: Connection, ask: Callable[[EmbeddingModel], T]) -> T:
    """What `ask` finds with the serving model; asked again when another one has taken over.

    With the other one's vectors gone, nothing at all is found: only then it is looked.
    """
    model = serving(conn)
    while not (found := ask(model)) and (now := serving(conn)) != model:
        model = now
    return found


def hold_vectors(conn: Connection) -> None:
    """Nobody else reads or stores vectors until the end of the transaction.

    Whoever stores one holds the table before the model: who drops a model must too, or both wait
    for each other.
    """
    conn.execute("LOCK TABLE ticket_vectors, section_vectors IN ACCESS EXCLUSIVE MODE")


def drop(conn: Connection, model: str) -> None:
    """Removes a model that does not serve, with all its vectors."""
    conn.execute(
        "SELECT drop_embedding_model(model) FROM (SELECT model FROM embedding_models"
        " WHERE model = %(model)s AND NOT serving FOR UPDATE) AS idle",
        {"model": model},
    )


def let_serve(conn: Connection, model: str) -> bool:
    """Whether searches are answered by this model from the end of the transaction on.

    False: somebody has dropped it meanwhile, and the one before goes on.
    """
    known = conn.execute(
        "SELECT model FROM embedding_models WHERE model = %(model)s FOR UPDATE", {"model": model}
    ).fetchone()
    if known is None:
        return False
    conn.execute("UPDATE embedding_models SET serving = false WHERE serving")
    conn.execute("UPDATE embedding_models SET serving = true WHERE model = %(model)s", known)
    return True
