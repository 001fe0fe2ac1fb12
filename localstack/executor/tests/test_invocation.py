"""What the caller gets from functions that work, and the environment that they run in."""

import os
from pathlib import Path
from typing import Any

ECHO = """
import os
def handler(event, context):
    return {"event": event, "pid": os.getpid(), "arn": context.invoked_function_arn}
"""

SURROUNDINGS = """
import os, sys
def handler(event, context):
    return {"variables": dict(os.environ), "path": sys.path, "cwd": os.getcwd(),
            "left": context.get_remaining_time_in_millis(), "prefix": sys.prefix}
"""

MEETING = """
import os, time
def handler(event, context):
    os.mkdir(f"{event['room']}/{os.getpid()}")
    while len(os.listdir(event["room"])) < event["guests"]:
        time.sleep(0.02)
    return os.getpid()
"""


def test_second_invocation_runs_in_the_same_process(emulator: Any) -> None:
    name = emulator.deploy(ECHO)
    first, second = emulator.invoke(name, {"n": 1}), emulator.invoke(name, {"n": "ü"})
    assert not first.failed
    assert (first.payload["event"], second.payload["event"]) == ({"n": 1}, {"n": "ü"})
    assert first.payload["pid"] == second.payload["pid"]
    assert f":function:{name}" in first.payload["arn"]
    assert "Init Duration" in first.log
    assert "Init Duration" not in second.log


def test_environment_is_the_functions_own(emulator: Any) -> None:
    variables = {"GREETING": "hello", "OTHER": "/opt/other", "PAIR": "/opt/model:/var/task"}
    name = emulator.deploy(
        SURROUNDINGS,
        Environment={"Variables": variables},
        Layers=[emulator.layer({"model": ""})],
        Timeout=7,
    )
    seen = emulator.invoke(name).payload
    found = seen["variables"]
    assert found["GREETING"] == "hello"
    assert not {"SECRET_OF_THE_HOST", "FILESYSTEM_ROOT"} & set(found)
    assert found["AWS_ENDPOINT_URL"] == emulator.url
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert found["_HANDLER"] == "handler.handler"
    assert found["LAMBDA_TASK_ROOT"] == seen["cwd"]
    model, task = found["PAIR"].split(":")
    assert Path(model).is_file()
    assert (task, found["OTHER"]) == (seen["cwd"], "/opt/other")
    assert Path(found["HOME"]).parent == Path(found["TMPDIR"]).parent
    assert 6000 < seen["left"] <= 7000


def test_path_is_task_then_layers_then_runtime(emulator: Any) -> None:
    seen = emulator.invoke(emulator.deploy(SURROUNDINGS)).payload
    opt = seen["variables"]["LD_LIBRARY_PATH"].split(":")[0].removesuffix("/lib")
    assert seen["path"][:3] == [
        seen["cwd"],
        f"{opt}/python/lib/python3.13/site-packages",
        f"{opt}/python",
    ]
    assert seen["path"][-1] == f"{seen['prefix']}/lib/python3.13/site-packages"
    assert seen["prefix"].endswith(".local/venvs/runtime")


def test_files_of_an_environment_are_private_and_do_not_outlive_it(emulator: Any) -> None:
    name = emulator.deploy(SURROUNDINGS)
    other = emulator.deploy(SURROUNDINGS)
    mine = emulator.invoke(name).payload["variables"]["TMPDIR"]
    assert mine != emulator.invoke(other).payload["variables"]["TMPDIR"]
    emulator.client("lambda").delete_function(FunctionName=name)
    emulator.wait_for(lambda: not Path(mine).parent.exists())


def test_last_layer_wins_and_packages_merge(emulator: Any) -> None:
    first = emulator.layer(
        {"python/shared/__init__.py": "", "python/shared/a.py": "A = 1", "python/who.py": "ME = 1"}
    )
    second = emulator.layer({"python/shared/b.py": "B = 2", "python/who.py": "ME = 2"})
    source = "from shared import a, b\nimport who\ndef handler(e, c): return [a.A, b.B, who.ME]"
    assert emulator.invoke(emulator.deploy(source, Layers=[first, second])).payload == [1, 2, 2]
    assert emulator.invoke(emulator.deploy(source, Layers=[second, first])).payload == [1, 2, 1]


def test_parallel_calls_run_in_environments_of_their_own(emulator: Any, tmp_path: Path) -> None:
    name = emulator.deploy(MEETING, Timeout=120)
    event = {"room": str(tmp_path), "guests": 8}
    results = emulator.together(8, lambda: emulator.invoke(name, event))
    assert not [result for result in results if result.failed]
    assert len({result.payload for result in results}) == 8


def test_changed_code_runs_at_the_next_invocation(emulator: Any, tmp_path: Path) -> None:
    source = tmp_path / "handler.py"
    source.write_text("def handler(event, context): return 1")
    code = {"S3Bucket": "hot-reload", "S3Key": str(tmp_path)}
    name = emulator.deploy("", Code=code)
    assert emulator.invoke(name).payload == 1
    before = source.stat()
    source.write_text("def handler(event, context): return 2")
    # Within the same second and of the same size, which a compiled file would not show.
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    assert emulator.invoke(name).payload == 2
    assert [path.name for path in tmp_path.iterdir()] == ["handler.py"]


def test_code_and_configuration_updates_take_effect(emulator: Any) -> None:
    name = emulator.deploy("import os\ndef handler(event, context): return os.environ.get('V')")
    assert emulator.invoke(name).payload is None
    awslambda = emulator.client("lambda")
    awslambda.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"V": "1"}}
    )
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert emulator.invoke(name).payload == "1"
    emulator.update(name, "def handler(event, context): return 'new'")
    assert emulator.invoke(name).payload == "new"
