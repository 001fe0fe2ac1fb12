"""The status of an instance's parts, one line each."""

from collections.abc import Iterator

import psycopg

from embedded import ports
from embedded.functions import DeployedStack
from embedded.instance import Instance

_COUNTS = """
SELECT (SELECT count(*) FROM tickets),
       count(*) FILTER (WHERE status IN ('PENDING', 'IN_PROGRESS')),
       count(*) FILTER (WHERE status = 'FAILED'),
       (SELECT count(*) FROM outbox WHERE sent_at IS NULL)
FROM runs
"""


def lines(instance: Instance) -> Iterator[str]:
    """Yield one line for each part and one for its tickets."""
    healthy = {
        "LocalStack": instance.emulator.answers,
        "Postgres": lambda: _database(instance) is not None,
        "pushgateway": instance.pushgateway.answers,
        "mail catcher": instance.mail_catcher.answers,
    }
    for part in instance.parts:
        pid = part.pid
        if pid:
            state = "answers" if healthy[part.name]() else "does not answer"
            yield f"{part.name:<12} running  pid {pid:<8} port {part.port:<6} {state}"
        else:
            yield f"{part.name:<12} stopped{_intruder(part.port)}"
    for watcher in (instance.prometheus, instance.grafana):
        if pid := watcher.daemon.pid:
            state = "answers" if watcher.answers() else "does not answer"
            yield f"{watcher.daemon.name:<12} running  pid {pid:<8} port {watcher.port:<6} {state}"
    if instance.emulator.daemon.pid:
        yield f"{'stack':<12} {_stack(instance)}"
    if instance.postgres.pid:
        yield f"{'tickets':<12} {_database(instance) or 'no schema yet: `make deploy`'}"


def _intruder(port: int) -> str:
    return "" if ports.is_free(port) else f"; port {port} is in use by {ports.holder(port) or '?'}"


def _stack(instance: Instance) -> str:
    status = DeployedStack(instance.emulator.url).status()
    return status or "not deployed: `make deploy`"


def _database(instance: Instance) -> str | None:
    """Return the counts; "" without a schema, None when the database does not answer."""
    try:
        with psycopg.connect(instance.postgres.dsn, connect_timeout=3) as connection:
            row = connection.execute(_COUNTS).fetchone()
    except psycopg.errors.UndefinedTable:
        return ""
    except psycopg.OperationalError:
        return None
    all_tickets, open_runs, failed, unsent = row or (0, 0, 0, 0)
    return f"{all_tickets}; runs open {open_runs}, failed {failed}; messages unsent {unsent}"
