"""The Python interpreter of the functions, checked once before it is used."""

import functools
import subprocess
from pathlib import Path

from process_lambda.errors import SetupError
from process_lambda.settings import PYTHON_VARIABLE, function_python

_QUESTION = "import awslambdaric, sys; print('python%d.%d' % sys.version_info[:2])"


def interpreter_for(runtime: str | None) -> Path:
    """The interpreter for functions of this Lambda runtime; raises SetupError for another one."""
    if runtime is None or not runtime.startswith("python"):
        raise SetupError(f"the process executor runs Python functions only, not {runtime}")
    python = function_python()
    provided = _provided_runtime(python)
    if provided != runtime:
        raise SetupError(f"{PYTHON_VARIABLE}={python} is {provided}, the function needs {runtime}")
    return python


@functools.lru_cache(maxsize=8)
def _provided_runtime(python: Path) -> str:
    answer = subprocess.run(
        [str(python), "-c", _QUESTION], env={}, capture_output=True, text=True, timeout=30
    )
    if answer.returncode:
        reason = answer.stderr.strip().rsplit("\n", 1)[-1]
        raise SetupError(f"{PYTHON_VARIABLE}={python} cannot run functions: {reason}")
    return answer.stdout.strip()
