"""The settings of this plugin, read from LocalStack's own environment."""

import os
import tempfile
from pathlib import Path

from process_lambda.errors import SetupError

PYTHON_VARIABLE = "PROCESS_LAMBDA_PYTHON"
DISABLED_REPAIRS_VARIABLE = "PROCESS_LAMBDA_DISABLED_REPAIRS"
ENVIRONMENTS_VARIABLE = "PROCESS_LAMBDA_ENVIRONMENTS"
ENDPOINT_VARIABLE = "PROCESS_LAMBDA_AWS_ENDPOINT"


def function_python() -> Path:
    """The interpreter that runs functions; raises SetupError with instructions."""
    value = os.environ.get(PYTHON_VARIABLE, "")
    if not value:
        raise SetupError(
            f"{PYTHON_VARIABLE} is not set: name the Python interpreter of an environment "
            "that contains awslambdaric and boto3"
        )
    # Not resolved: the symlink of a virtual environment selects its packages.
    path = Path(value).absolute()
    if not os.access(path, os.X_OK):
        raise SetupError(f"{PYTHON_VARIABLE}={value} is not an executable file")
    return path


def disabled_repairs() -> frozenset[str]:
    """The names of the repairs that the user switched off."""
    names = os.environ.get(DISABLED_REPAIRS_VARIABLE, "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def environments_limit() -> int | None:
    """The maximum number of environments of a function; None for no limit."""
    value = os.environ.get(ENVIRONMENTS_VARIABLE, "")
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise SetupError(f"{ENVIRONMENTS_VARIABLE}={value} is not a positive number")
    return int(value)


def aws_endpoint() -> str | None:
    """The AWS endpoint for functions; None for LocalStack itself."""
    value = os.environ.get(ENDPOINT_VARIABLE, "")
    if value and not value.startswith(("http://", "https://")):
        raise SetupError(f"{ENDPOINT_VARIABLE}={value} is not a URL")
    return value or None


def working_root() -> Path:
    """The directory for merged layers and for the files of execution environments."""
    return Path(tempfile.gettempdir()) / "process-lambda"
