"""A model call through the whole chain against the bare SDK call, and what the cache saves."""

import json
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import openai
import yaml
from rich.console import Group
from rich.table import Table

from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.catalog.parse import parse_catalog
from deskhand.models import base, output
from deskhand.models.adapters.openai import OpenAI
from deskhand.models.base import Prompt, Provider
from deskhand.models.chain import provider_for
from deskhand.settings.environment import Settings
from deskhand.store.calls import Calls
from deskhand.store.connection import Connection, open_connection
from deskhand.store.migrate import migrate
from deskhand.ticket import TicketText
from deskhand.triage.classify import CatalogAnswer, answer_schema
from deskhand.triage.offline import OFFLINE
from deskhand.triage.prompt import classify_prompt
from embedded.postgres import Server

ROUNDS = 300
WARM_UP = 20
GOAL_MS, GOAL_RATIO = 3.0, 1.1
TICKETS, REPEATED = 400, 0.2
SAMPLES = Path("localstack/samples")
# No tokenizer here: four bytes of English are about one token.
_TOKEN_BYTES = 4


def measure() -> Group:
    """Milliseconds of each way to ask, and calls, tokens and money for a stream of tickets."""
    catalog = parse_catalog(yaml.safe_load((SAMPLES / "catalog.yaml").read_text()))
    with Server.temporary() as server, open_connection(server.dsn, wait_seconds=None) as conn:
        migrate(conn)
        tables = [_overhead(conn, catalog, delay) for delay in (0.0, 0.05)]
        return Group(*tables, _stream(conn, catalog))


class _Model(BaseHTTPRequestHandler):
    """Speaks as OpenAI does; always the same answer, after the same time."""

    protocol_version = "HTTP/1.1"
    delay = 0.0
    answer = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay)
        message = {"role": "assistant", "content": self.answer, "refusal": None}
        usage = [len(body) // _TOKEN_BYTES, len(self.answer) // _TOKEN_BYTES]
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        reply = {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-5-mini",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": dict(zip(names, [*usage, sum(usage)], strict=True)),
        }
        content = json.dumps(reply).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        )
        # In one piece: two would meet Nagle's algorithm.
        self.wfile.write(head.encode() + b"\r\n\r\n" + content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _serve(delay: float, answer: str, pipe: Pipe) -> None:
    _Model.delay, _Model.answer = delay, answer
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    pipe.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def _model(delay: float, catalog: Catalog) -> Iterator[str]:
    """The URL of a model in a process of its own, so that it takes no time of the caller's."""
    category, request = next(iter(catalog.entries))
    answer = {
        "category": category.name,
        "request_type": request.name,
        "summary": "The requester needs something that works.",
        "confidence": 0.9,
        "evidence": ["that works"],
    }
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(delay, json.dumps(answer), there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _overhead(conn: Connection, catalog: Catalog, delay: float) -> Table:
    schema = answer_schema(catalog)
    with _model(delay, catalog) as url:
        ways = {
            "SDK call": _bare(url, schema),
            "adapter": _through(OpenAI("m", base_url=url, api_key="k", timeout=20), schema),
            "whole chain": _chain(conn, url, schema),
            "whole chain, cached": _repeated(_chain(conn, url, schema), catalog),
        }
        times = _timed(ways, catalog)
    title = f"a model that answers after {delay * 1000:.0f} ms, {ROUNDS} calls each, in turn"
    table = Table(title=title)
    for column in ("", "p10 ms", "median ms", "p95 ms", "more ms", "ratio", "p10 more", "goal"):
        table.add_column(column, justify="left" if not column else "right")
    floor, least = statistics.median(times["SDK call"]), _p10(times["SDK call"])
    goals = {"whole chain": f"<= {GOAL_RATIO}x" if delay else f"<= {GOAL_MS:.0f} ms more"}
    for name, found in times.items():
        median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
        p10 = _p10(found)
        figures = (f"{p10:.2f}", f"{median:.2f}", f"{p95:.2f}", f"{median - floor:+.2f}")
        ratio = (f"{median / floor:.2f}", f"{p10 - least:+.2f}")
        table.add_row(name, *figures, *ratio, goals.get(name, ""))
    return table


def _p10(found: list[float]) -> float:
    """What a call takes when nothing else is at work on the machine."""
    return statistics.quantiles(found, n=10)[0]


type Way = Callable[[Prompt], object]


def _timed(ways: dict[str, Way], catalog: Catalog) -> dict[str, list[float]]:
    """Milliseconds of each way, in turn, so that whatever the machine does meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    tickets = _tickets(ROUNDS + WARM_UP)
    for number, ticket in enumerate(tickets):
        for name, ask in ways.items():
            prompt = classify_prompt(catalog, CatalogPhrases((), b""), ticket)
            start = time.perf_counter()
            ask(prompt)
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def _bare(url: str, schema: type[CatalogAnswer]) -> Way:
    client = openai.OpenAI(base_url=url, api_key="k", max_retries=0)
    form: Any = {
        "type": "json_schema",
        "json_schema": {"name": "classify", "schema": output.json_schema(schema), "strict": True},
    }

    def ask(prompt: Prompt) -> object:
        return client.chat.completions.create(
            model="m",
            messages=[
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            response_format=form,
            temperature=0,
            max_completion_tokens=base.ANSWER_TOKENS,
        )

    return ask


def _through(provider: Provider, schema: type[CatalogAnswer]) -> Way:
    return lambda prompt: provider.complete(prompt, schema)


def _settings(url: str) -> Settings:
    """Every guard at work, none in the way."""
    return Settings.read(
        {
            "LLM_PROVIDERS": "openai:gpt-5-mini,offline",
            "OPENAI_BASE_URL": url,
            "LLM_REQUESTS_PER_MINUTE": "100000",
            "LLM_TOKENS_PER_MINUTE": "1000000000",
            "LLM_DAILY_BUDGET": "1000000",
        }
    )


def _chain(conn: Connection, url: str, schema: type[CatalogAnswer]) -> Way:
    """As a step asks: composed for each call around the adapters that the environment keeps."""
    settings, calls = _settings(url), Calls(conn, None, "classify")

    def ask(prompt: Prompt) -> object:
        return provider_for(settings, last_attempt=False, offline=OFFLINE, calls=calls).complete(
            prompt, schema
        )

    return ask


def _repeated(ask: Way, catalog: Catalog) -> Way:
    same = TicketText("Always the same", "What was asked before.")
    return lambda _: ask(classify_prompt(catalog, CatalogPhrases((), b""), same))


def _stream(conn: Connection, catalog: Catalog) -> Table:
    """Tickets of which a fifth says what an earlier one said, wrapped in another way."""
    distinct = _tickets(round(TICKETS * (1 - REPEATED)))
    again = [TicketText(f" {t.subject}", t.body.replace(" ", "\n ")) for t in distinct]
    chosen = random.Random(7)  # noqa: S311 - the same stream each time
    stream = distinct + chosen.sample(again, TICKETS - len(distinct))
    chosen.shuffle(stream)
    conn.execute("TRUNCATE model_calls, model_cache CASCADE")
    with _model(0.0, catalog) as url:
        ask = _chain(conn, url, answer_schema(catalog))
        for ticket in stream:
            ask(classify_prompt(catalog, CatalogPhrases((), b""), ticket))
    row = conn.execute(
        """
        SELECT sum(requests) AS requests, sum(input_tokens) AS read, sum(output_tokens) AS written,
               sum(cost_usd) AS cost, count(*) FILTER (WHERE cached) AS cached
        FROM model_calls
        """
    ).fetchone()
    if row is None:
        raise RuntimeError("nothing was recorded")
    table = Table(title=f"{TICKETS} tickets, {REPEATED:.0%} of them repeats, gpt-5-mini's price")
    for column in ("a ticket", "model calls", "tokens read", "written", "US cents", "saved"):
        table.add_column(column, justify="left" if column == "a ticket" else "right")
    figures = [f"{float(row[name]) / TICKETS:.2f}" for name in ("requests", "read", "written")]
    cents = f"{float(row['cost']) / TICKETS * 100:.4f}"
    table.add_row("", *figures, cents, f"{row['cached'] / TICKETS:.1%}")
    return table


def _tickets(number: int) -> list[TicketText]:
    """Tickets that all differ, made of the samples."""
    lines = (SAMPLES / "tickets.jsonl").read_text().splitlines()
    samples = [json.loads(line) for line in lines]
    kept = [s for s in samples if s.get("subject") and s.get("body")]
    return [
        TicketText(f"{s['subject']} ({n})", s["body"])
        for n, s in ((n, kept[n % len(kept)]) for n in range(number))
    ]
