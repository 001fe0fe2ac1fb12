"""The routes of the API, as the handlers have them and as the template does."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from deskhand.api.router import Api
from tests.contract.template import of_type

type Route = tuple[str, str]


def apis() -> Iterator[tuple[str, Api]]:
    """The router of each function that has one."""
    for path in sorted(Path("functions").glob("*/handler.py")):
        word = path.parent.name
        router = getattr(importlib.import_module(f"functions.{word}.handler"), "app", None)
        if isinstance(router, Api):
            yield word, router


def handled() -> dict[Route, tuple[str, str]]:
    """Function and name of every route that a handler has."""
    return {
        (method, re.sub(r"<(\w+)>", r"{\1}", route.path)): (word, route.func.__name__)
        for word, router in apis()
        for route in (*router._static_routes, *router._dynamic_routes)
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    }


def deployed() -> dict[Route, str]:
    """The function behind every route that the template has."""
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"]): function["CodeUri"]
        for _, function in of_type("AWS::Serverless::Function")
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    }
