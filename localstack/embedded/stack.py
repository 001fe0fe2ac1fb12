"""Starts and stops all parts of an instance."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from embedded.build import OUTPUT
from embedded.console import say
from embedded.deployment import deploy, finish_accepted
from embedded.errors import EmbeddedError
from embedded.instance import Instance
from embedded.servers import check_environment
from embedded.target import target


@contextlib.contextmanager
def running(instance: Instance, *, keep: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the target of a deployed stack; stop the stack afterwards unless `keep`."""
    try:
        up(instance)
        with instance.lock():
            deploy(instance)
        yield target(instance)
    finally:
        if not keep:
            down(instance)


def up(instance: Instance) -> None:
    """Start the parts that do not run; deploy to a new LocalStack if the database has tickets.

    Raise EmbeddedError before anything is started for a wrong setting of mail or helpdesk.
    """
    check_environment()
    with instance.lock():
        instance.settle_ports()
        launched_at = _launch(instance)
        try:
            _start_postgres(instance)
            _start_pushgateway(instance)
            _start_mail_catcher(instance)
            _start_helpdesk(instance)
            launched_at = _wait(instance, launched_at)
        except EmbeddedError:
            # A LocalStack that never answered would block the next attempt.
            if launched_at or not instance.emulator.answers():
                instance.emulator.stop()
            raise
        say("LocalStack", f"{'started' if launched_at else 'runs'} on {instance.emulator.url}")
        if launched_at and _has_tickets(instance):
            deploy(instance)
            finish_accepted(instance, launched_at)


def _launch(instance: Instance) -> float | None:
    """Start LocalStack; return the time.monotonic() of the start, None when it was running."""
    return time.monotonic() if instance.emulator.launch() else None


def _wait(instance: Instance, launched_at: float | None) -> float | None:
    """Wait until LocalStack answers; return when it was started, None when it was running."""
    try:
        instance.emulator.wait()
    except EmbeddedError:
        # A process that was just killed may have looked alive; now that it is gone, start another.
        launched_at = None if launched_at else _launch(instance)
        if launched_at is None:
            raise
        instance.emulator.wait()
    return launched_at


def down(instance: Instance) -> None:
    """Stop everything that runs; the data stays."""
    with instance.lock():
        watching = (instance.prometheus, instance.grafana)
        ran = [part.name for part in instance.parts if part.pid]
        ran += [watcher.daemon.name for watcher in watching if watcher.daemon.pid]
        instance.grafana.stop()
        instance.prometheus.stop()
        instance.emulator.stop()
        instance.pushgateway.stop()
        instance.mail_catcher.stop()
        instance.helpdesk.stop()
        instance.postgres.stop()
        say("down", f"stopped {', '.join(ran)}" if ran else "nothing was running")


def _start_postgres(instance: Instance) -> None:
    ran = instance.postgres.pid
    instance.postgres.start()
    say("Postgres", f"{'runs' if ran else 'started'} on port {instance.postgres.port}")


def _start_pushgateway(instance: Instance) -> None:
    ran = instance.pushgateway.daemon.pid
    try:
        instance.pushgateway.start()
    except EmbeddedError as error:
        say("pushgateway", f"off: {error}; metrics are off, everything else works")
    else:
        say("pushgateway", f"{'runs' if ran else 'started'} on {instance.pushgateway.url}")


def _start_mail_catcher(instance: Instance) -> None:
    catcher = instance.mail_catcher
    ran = catcher.daemon.pid
    catcher.start()
    say("mail catcher", f"{'runs' if ran else 'started'} on port {catcher.port}")


def _start_helpdesk(instance: Instance) -> None:
    helpdesk = instance.helpdesk
    ran = helpdesk.daemon.pid
    helpdesk.start()
    say("helpdesk", f"{'runs' if ran else 'started'} with sample requests on {helpdesk.url}")


def _has_tickets(instance: Instance) -> bool:
    """Return whether an earlier deployment has created its tables in this database."""
    with psycopg.connect(instance.postgres.dsn) as connection:
        found = connection.execute("SELECT to_regclass('tickets') IS NOT NULL").fetchone()
    return bool(found and found[0])


def wipe(instance: Instance) -> None:
    """Stop the instance and remove its data."""
    down(instance)
    instance.remove()
    say("wipe", f"removed {instance.state}")


def clean(instance: Instance) -> None:
    """Stop the instance and remove its data and what SAM built."""
    wipe(instance)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    say("clean", f"removed {OUTPUT}")
