"""`python -m embedded <command>`: what the Makefile calls."""

import argparse
import json
import sys
from pathlib import Path

import httpx
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from embedded.errors import EmbeddedError
from embedded.instance import Instance

# Each command imports what it needs itself: `make status` must not wait for the rest.


def main() -> int:
    """Run one command; return the exit status."""
    arguments = _parser().parse_args()
    try:
        return int(_COMMANDS[arguments.command](Instance.from_environment(), arguments) or 0)
    except EmbeddedError as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, httpx.HTTPError, psycopg.OperationalError) as error:
        print(f"{arguments.command}: {type(error).__name__}: {error}", file=sys.stderr)
        print("a part of the stack went away meanwhile: `make up` brings it back", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader had enough (`make logs | head`); nothing more may be written, not even at exit.
        sys.stdout = None
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "deploy", "down", "status", "target", "clean"):
        commands.add_parser(name)
    demo = commands.add_parser("demo")
    demo.add_argument("--count", type=int)
    demo.add_argument("--tickets", type=Path)
    commands.add_parser("import").add_argument("file", type=Path)
    commands.add_parser("articles").add_argument("folder", type=_folder)
    logs = commands.add_parser("logs")
    logs.add_argument("--function")
    logs.add_argument("--follow", action="store_true")
    token = commands.add_parser("token")
    token.add_argument("subject")
    token.add_argument("role")
    admin = commands.add_parser("admin")
    admin.add_argument("email")
    rotate = commands.add_parser("rotate-keys")
    rotate.add_argument("--retire", action="store_true")
    verify = commands.add_parser("verify")
    verify.add_argument("--at-rest", action="store_true")
    catalog = commands.add_parser("catalog")
    catalog.add_argument("file", type=Path)
    catalog.add_argument("--dry-run", action="store_true")
    invoke = commands.add_parser("invoke")
    invoke.add_argument("function")
    invoke.add_argument("--event", type=Path)
    return parser


def _folder(text: str) -> Path:
    """Return the folder; nothing must not mean the one in which the command happens to run."""
    if not text:
        raise argparse.ArgumentTypeError("which one? make articles DIR=docs/kb")
    return Path(text)


def _up(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.stack import up

    up(instance)


def _deploy(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.deployment import deploy

    with instance.lock():
        deploy(instance)


def _demo(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.demo import demo, submissions
    from embedded.stack import up

    # Read first: a mistake in the file should not cost the minute of bringing everything up.
    rows = submissions(arguments.count, arguments.tickets)
    up(instance)
    _deploy(instance, arguments)
    # A file or a number of one's own is run as it is.
    whole = arguments.count is None and arguments.tickets is None
    return demo(instance, rows, outage=whole)


def _import(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.functions import Deployed
    from embedded.importing import import_file
    from embedded.tokens import token

    base_url = Deployed(instance.emulator.url).base_url()
    admin = token(instance.state, "import", "admin")
    state = import_file(base_url, admin, arguments.file)
    print(f"{state['next_offset']} rows: {state['stored']} stored, {state['rejected']} refused;")
    print(f"{state['unread']} wait to be read; /analytics/quality shows what was learnt")


def _articles(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.articles import put_all
    from embedded.functions import Deployed
    from embedded.tokens import token

    base_url = Deployed(instance.emulator.url).base_url()
    stored, faults = put_all(
        base_url, lambda: token(instance.state, "articles", "agent"), arguments.folder
    )
    print(f"{stored} articles stored, {len(faults)} files not")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _down(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.stack import down

    down(instance)


def _status(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.status import lines

    for line in lines(instance):
        print(line)


def _logs(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.logs import show

    show(instance, arguments.function, follow=arguments.follow)


def _target(instance: Instance, _: argparse.Namespace) -> None:
    from embedded.target import target

    print(json.dumps(target(instance), indent=2))


def _token(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.tokens import token

    instance.claim()
    print(token(instance.state, arguments.subject, arguments.role))


def _admin(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.admin import appoint

    appoint(instance, arguments.email)


def _rotate_keys(instance: Instance, arguments: argparse.Namespace) -> None:
    from embedded.deployment import rotate_keys

    with instance.lock():
        rotate_keys(instance, retire=arguments.retire)


def _verify(instance: Instance, arguments: argparse.Namespace) -> int:
    from embedded.verifying import verify

    return verify(instance, at_rest=arguments.at_rest)


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
    "articles": _articles,
    "down": _down,
    "status": _status,
    "logs": _logs,
    "target": _target,
    "token": _token,
    "admin": _admin,
    "rotate-keys": _rotate_keys,
    "verify": _verify,
    "catalog": _catalog,
    "invoke": _invoke,
    "clean": _clean,
}

if __name__ == "__main__":
    sys.exit(main())
