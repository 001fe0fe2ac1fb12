"""The embedding models, and which one serves searches."""

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.rows import class_row

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class EmbeddingModel:
    """A model with stored vectors; searches use only the `serving` one."""

    model: str
    dimensions: int
    serving: bool


def serving_model(conn: Connection) -> EmbeddingModel:
    """The model that serves searches; there is always one."""
    cursor = conn.cursor(row_factory=class_row(EmbeddingModel))
    [model] = cursor.execute(
        "SELECT model, dimensions, serving FROM embedding_models WHERE serving"
    ).fetchall()
    return model


def all_models(conn: Connection) -> list[EmbeddingModel]:
    """All models, the serving one first."""
    cursor = conn.cursor(row_factory=class_row(EmbeddingModel))
    return cursor.execute(
        "SELECT model, dimensions, serving FROM embedding_models ORDER BY serving DESC, added_at"
    ).fetchall()


def add(conn: Connection, model: str, dimensions: int) -> None:
    """Adds a model and its indexes, unless it is known."""
    conn.execute(
        "SELECT add_embedding_model(%(model)s, %(dimensions)s) WHERE NOT EXISTS"
        " (SELECT FROM embedding_models WHERE model = %(model)s)",
        {"model": model, "dimensions": dimensions},
    )


def ask_serving[T](conn: Connection, ask: Callable[[EmbeddingModel], T]) -> T:
    """The result of `ask` with the serving model; asks again when another model took over
    meanwhile.

    The vectors of the former model may be deleted by then, and `ask` finds nothing: only an empty
    result needs the check.
    """
    model = serving_model(conn)
    while not (found := ask(model)) and (now := serving_model(conn)) != model:
        model = now
    return found


def lock_vectors(conn: Connection) -> None:
    """Locks the vectors against reads and writes until the transaction ends.

    A writer of vectors locks the table before the model. Dropping a model must use the same order,
    or the two deadlock.
    """
    conn.execute("LOCK TABLE ticket_vectors, section_vectors IN ACCESS EXCLUSIVE MODE")


def drop(conn: Connection, model: str) -> None:
    """Deletes a model that does not serve, with all its vectors."""
    conn.execute(
        "SELECT drop_embedding_model(model) FROM (SELECT model FROM embedding_models"
        " WHERE model = %(model)s AND NOT serving FOR UPDATE) AS idle",
        {"model": model},
    )


def start_serving(conn: Connection, model: str) -> bool:
    """Makes the model serve searches once the transaction commits.

    False when the model was dropped meanwhile: the former one goes on.
    """
    known = conn.execute(
        "SELECT model FROM embedding_models WHERE model = %(model)s FOR UPDATE", {"model": model}
    ).fetchone()
    if known is None:
        return False
    conn.execute("UPDATE embedding_models SET serving = false WHERE serving")
    conn.execute("UPDATE embedding_models SET serving = true WHERE model = %(model)s", known)
    return True
