"""Import and init of each function against the bare import of what it needs of others."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from rich.table import Table

ROUNDS = 7
GOAL = 1.2

_HTTP = "import aws_lambda_powertools.event_handler"
_BASE = (
    "import psycopg, psycopg.rows, psycopg.types.json\n"
    # pydantic itself imports nothing until a name is asked for.
    "from pydantic import BaseModel, ConfigDict, Field\n"
    "from aws_lambda_powertools import Logger; Logger(service='bench')"
)
_SQS = "import boto3; boto3.client('sqs')"
_STEPS = "import boto3; boto3.client('stepfunctions')"
_SECRETS = "import boto3; boto3.client('secretsmanager')"
_NUMPY = "import numpy"
_ONNX = "import onnxruntime, tokenizers"
_ACCOUNTS = "import argon2, email_validator"

# The third-party parts without which a function cannot do its work, its clients built; those that
# are not here need _BASE alone.
NECESSARY: dict[str, tuple[str, ...]] = {
    "ingest": (_BASE, _HTTP, _SQS),
    "dispatch": (_BASE, "import aws_lambda_powertools.utilities.batch", _STEPS),
    "relay": (_BASE, _SQS),
    "reconcile": (_BASE, _STEPS),
    "classify": (_BASE, _NUMPY, _ONNX),
    "tickets": (_BASE, _HTTP),
    "health": (_BASE, _HTTP, _SQS, _STEPS),
    "publish_metrics": (_BASE, _SQS, "import prometheus_client"),
    "metrics": (_BASE, _HTTP, _SQS, "import prometheus_client"),
    "load_catalog": (_BASE, _NUMPY, _ONNX),
    "auth": (_BASE, _HTTP, _SECRETS, _ACCOUNTS, "import jwt"),
    "import_tickets": (_BASE, _HTTP),
    "audits": (_BASE, _HTTP),
    "audit": (_BASE, _NUMPY, _ONNX),
    "quality": (_BASE, _HTTP),
    "correct": (_BASE, _HTTP, _NUMPY, _ONNX),
    "preview": (_BASE, _HTTP, _NUMPY, _ONNX),
    "learn": (_BASE, _NUMPY, _ONNX),
    "detect_duplicates": (_BASE, _NUMPY, _ONNX),
    "unlink_duplicate": (_BASE, _HTTP, _SQS),
    "research": (_BASE, _NUMPY, _ONNX),
    "similar": (_BASE, _HTTP, _NUMPY, _ONNX),
    "knowledge": (_BASE, _HTTP, _NUMPY, _ONNX),
    "refresh_vectors": (_BASE, _NUMPY, _ONNX),
    "refresh_catalog": (_BASE, "import yaml"),
    "recover": (_BASE, _HTTP, _SQS),
    "notify": (_BASE, "import boto3; boto3.client('sns')"),
    "docs": ("import pydantic; from aws_lambda_powertools import Logger", _HTTP),
    "appoint_admin": (_BASE, _ACCOUNTS),
    "rotate_keys": (_BASE, _SECRETS, "import jwt"),
}


def measure() -> Table:
    """Median milliseconds of both for each function."""
    table = Table(title=f"import and init, median of {ROUNDS} fresh processes each, in turn")
    for column in ("function", "bare parts ms", "function ms", "ratio", "goal"):
        table.add_column(column, justify="left" if column == "function" else "right")
    for name in sorted(path.parent.name for path in Path("functions").glob("*/handler.py")):
        parts = NECESSARY.get(name, (_BASE,))
        bare, whole = _medians("\n".join(parts), f"import functions.{name}.handler")
        table.add_row(name, f"{bare:.0f}", f"{whole:.0f}", f"{whole / bare:.2f}", f"<= {GOAL}")
    return table


def _medians(*programs: str) -> list[float]:
    for program in programs:
        _milliseconds(program)  # compiles what is not compiled yet
    times = [[_milliseconds(program) for program in programs] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def _milliseconds(program: str) -> float:
    """Time of the statements alone, without the interpreter's own start."""
    timed = (
        f"import time; start = time.perf_counter()\n{program}\nprint(time.perf_counter() - start)"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{Path('layers/deskhand').resolve()}{os.pathsep}{Path.cwd()}",
        "PYTHONPYCACHEPREFIX": str(Path(".local/bench-pycache").resolve()),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }
    output = subprocess.run(
        [sys.executable, "-c", timed], env=environment, capture_output=True, text=True, check=True
    )
    return float(output.stdout.split()[-1]) * 1000
