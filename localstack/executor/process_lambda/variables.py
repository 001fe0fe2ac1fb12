"""The environment variables of a function, made only from what is named here."""

import os
from collections.abc import Mapping
from pathlib import Path

from process_lambda.function import Function

# The place of a company's own CA is a property of this machine; on AWS no function needs it.
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


def process_variables(
    function: Function, given: Mapping[str, object], directory: Path, runtime_api: str
) -> dict[str, str]:
    """All variables of the process: defaults, then LocalStack's and the user's, then fixed ones."""
    defaults = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    commands = [str(function.python.parent), "/usr/local/bin:/usr/bin:/bin"]
    defaults |= {"PATH": _path(commands, str(function.opt / "bin")), "LANG": "en_US.UTF-8"}
    defaults |= {"HOME": str(directory / "home"), "TMPDIR": str(directory / "tmp")}
    places = {"/var/task": function.task, "/opt": function.opt}
    chosen = {name: _in_place(str(value), places) for name, value in given.items()}
    merged = defaults | chosen
    return merged | _fixed(function, merged, runtime_api) | _reloading(function, directory)


def _in_place(value: str, places: Mapping[str, Path]) -> str:
    parts = value.split(":")
    return ":".join(_relocated(part, places) for part in parts)


def _relocated(part: str, places: Mapping[str, Path]) -> str:
    for place, real in places.items():
        moved = f"{real}{part.removeprefix(place)}"
        # The machine may have an /opt of its own: only paths that exist in the layers are replaced.
        if (part == place or part.startswith(f"{place}/")) and Path(moved).exists():
            return moved
    return part


def _fixed(function: Function, chosen: Mapping[str, str], runtime_api: str) -> dict[str, str]:
    packages = function.opt / "python" / "lib" / function.runtime / "site-packages"
    imports = [str(function.task), str(packages), str(function.opt / "python")]
    libraries = [str(function.opt / "lib"), str(function.task), str(function.task / "lib")]
    return {
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        # LocalStack sets AWS_Lambda_rapid, but the runtime client selects its JSON encoder by this
        # name.
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LAMBDA_TASK_ROOT": str(function.task),
        "_HANDLER": function.handler,
        "PYTHONPATH": _path(imports, chosen.get("PYTHONPATH")),
        "LD_LIBRARY_PATH": _path(libraries, chosen.get("LD_LIBRARY_PATH")),
    }


def _path(first: list[str], further: str | None) -> str:
    return ":".join([*first, further] if further else first)


def _reloading(function: Function, directory: Path) -> dict[str, str]:
    if not function.hot_reloading:
        return {}
    # Python compares compiled files by whole seconds: after two quick edits it would run the first.
    return {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(directory / "no-pycache")}
