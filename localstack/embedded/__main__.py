"""`python -m embedded <command>`: what the Makefile calls."""

import argparse
import json
import sys

import httpx
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from embedded.command_line import parser
from embedded.errors import EmbeddedError
from embedded.instance import Instance

# Each command imports what it needs, so that `make status` need not wait for other imports.


def main() -> int:
    """Run one command; return the exit status."""
    name = "".join(sys.argv[1:2])
    try:
        arguments = parser().parse_args()
        return int(_COMMANDS[name](Instance.from_environment(), arguments) or 0)
    except EmbeddedError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, httpx.HTTPError, psycopg.OperationalError) as error:
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        print("a part of the stack has stopped: `make up` starts it again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe (`make logs | head`): print nothing more, not even at exit.
        sys.stdout = None
        return 0


def _up(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.stack import up

    up(instance)


def _deploy(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.deployment import deploy

    with instance.lock():
        deploy(instance)


def _demo(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.demo import demo, keep_rounds, submissions
    from embedded.stack import up

    # Read before anything starts: an error in the file should not cost a minute of waiting.
    rows = submissions(instance, arguments.count, arguments.tickets)
    up(instance)
    _deploy(instance, arguments)
    if not arguments.tickets:
        keep_rounds(instance, len(rows))
    # A user's file or number is run unchanged.
    whole = arguments.count is None and arguments.tickets is None
    return demo(instance, rows, outage=whole)


def _import(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.functions import stack_of, token_of
    from embedded.importing import import_file, summary

    base_url = stack_of(instance).base_url()
    admin = token_of(instance, "import", "admin")
    state = import_file(base_url, admin, arguments.file, arguments.mapping)
    print(summary(state))
    return 0 if state["stored"] else 1


def _export(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.console import result_console
    from embedded.exporting import export_file, summary
    from embedded.functions import stack_of, token_of

    base_url = stack_of(instance).base_url()
    agent = token_of(instance, "export", "agent")
    export = export_file(base_url, agent, arguments.file, arguments.query, result_console())
    print(summary(export, arguments.file))


def _audit(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.auditing import audit_file, load_workbook, show_findings
    from embedded.console import result_console
    from embedded.functions import stack_of, token_of

    base_url = stack_of(instance).base_url()
    mapping = json.dumps(arguments.mapping) if arguments.mapping else ""
    given = {"mapping": mapping, "dates": arguments.dates, "zone": arguments.zone}
    parameters = {name: value for name, value in given.items() if value}
    admin = token_of(instance, "audit", "admin")
    console = result_console()
    audit = audit_file(base_url, admin, arguments.file, console, parameters)
    show_findings(console, audit)
    path = arguments.file.with_name(f"{arguments.file.stem}-audit.xlsx")
    print(load_workbook(base_url, admin, audit["id"], path))


def _attribution(instance: Instance, _: argparse.Namespace) -> int:
    from embedded.attributing import attribute
    from embedded.console import result_console
    from embedded.functions import stack_of, token_of

    stack = stack_of(instance)
    admin = token_of(instance, "attribution", "admin")
    # The local mail server keeps what the local stack sends.
    mails = None if stack.is_on_aws else instance.mail_catcher
    folder = instance.state / "reports"
    return attribute(stack.base_url(), admin, result_console(), folder, mails)


def _articles(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.articles import left_out, put_all
    from embedded.functions import stack_of, token_of

    base_url = stack_of(instance).base_url()
    stored, faults = put_all(
        base_url, lambda: token_of(instance, "articles", "agent"), arguments.folder
    )
    print(f"{stored} articles stored, {len(faults)} files not")
    if others := left_out(arguments.folder):
        print(others)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _observe(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.observe import observe

    observe(instance)


def _down(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.stack import down

    down(instance)


def _status(instance: Instance, _: argparse.Namespace) -> None:
    from embedded import account_status, status
    from embedded.functions import stack_of

    stack = stack_of(instance)
    for line in account_status.lines(stack) if stack.is_on_aws else status.lines(instance):
        print(line)


def _logs(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.logs import show

    show(instance, arguments.function, follow=arguments.follow)


def _target(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.target import entry, target

    found = entry(target(instance), arguments.key or "")
    print(found if isinstance(found, str) else json.dumps(found, indent=2))


def _mail(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.mail_catcher import describe

    paths = instance.mail_catcher.paths()
    if not paths:
        raise EmbeddedError("no mail has arrived yet")
    print(*describe(paths[-1]), sep="\n")


def _history(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.console import result_console
    from embedded.execution import show

    show(instance, result_console(), arguments.ticket)


def _token(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.functions import stack_of, token_of

    if not stack_of(instance).is_on_aws:
        instance.claim()
    print(token_of(instance, arguments.subject, arguments.role))


def _admin(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.admin import appoint
    from embedded.functions import stack_of

    appoint(stack_of(instance), arguments.email)


def _rotate_keys(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.deployment import rotate_keys

    with instance.lock():
        rotate_keys(instance, retire=arguments.retire)


def _smoke(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.smoke import smoke

    smoke(instance)


def _verify(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.verifying import verify

    return verify(instance, at_rest=arguments.at_rest)


def _erase(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.erasing import erase

    erase(instance, arguments.person, dry_run=arguments.dry_run)


def _catalog(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.cataloguing import load

    load(instance, arguments.file, dry_run=arguments.dry_run)


def _invoke(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.invoke import invoke

    return invoke(instance, arguments.function, arguments.event)


def _clean(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.stack import clean

    clean(instance)


_COMMANDS = {
    "up": _up,
    "deploy": _deploy,
    "demo": _demo,
    "import": _import,
    "audit": _audit,
    "attribution": _attribution,
    "articles": _articles,
    "observe": _observe,
    "export": _export,
    "down": _down,
    "status": _status,
    "logs": _logs,
    "target": _target,
    "mail": _mail,
    "history": _history,
    "token": _token,
    "admin": _admin,
    "rotate-keys": _rotate_keys,
    "erase": _erase,
    "smoke": _smoke,
    "verify": _verify,
    "catalog": _catalog,
    "invoke": _invoke,
    "clean": _clean,
}

if __name__ == "__main__":
    sys.exit(main())
