"""LocalStack's errors when the plugin is set up wrongly."""

from typing import Any


def test_missing_interpreter_and_unknown_repair_are_named(start_emulator: Any) -> None:
    emulator = start_emulator(
        PROCESS_LAMBDA_PYTHON="/nowhere/python", PROCESS_LAMBDA_DISABLED_REPAIRS="put_again, typo"
    )
    awslambda = emulator.client("lambda")
    awslambda.create_function(
        FunctionName="one",
        Role=emulator.role,
        Code={"ZipFile": emulator.zipped("")},
        Runtime="python3.13",
        Handler="handler.handler",
    )
    found = emulator.wait_for(
        lambda: awslambda.get_function(FunctionName="one")["Configuration"],
        lambda config: config["State"] != "Pending",
    )
    assert found["State"] == "Failed"
    assert "PROCESS_LAMBDA_PYTHON=/nowhere/python is not an executable file" in found["StateReason"]
    log = (emulator.root / "localstack.log").read_text()
    assert "Lambda functions cannot run: PROCESS_LAMBDA_PYTHON" in log
    assert "there is no repair typo" in log


def test_functions_find_aws_where_they_are_told_to(adjusted: Any) -> None:
    name = adjusted.deploy(
        "import os\ndef handler(event, context):\n    return os.environ['AWS_ENDPOINT_URL']"
    )
    assert adjusted.invoke(name).payload == "http://127.0.0.1:9"


def test_the_address_of_an_api_leads_to_localstack(adjusted: Any) -> None:
    source = (
        "import os\ndef handler(event, context):\n    return [os.environ['A'], os.environ['B']]"
    )
    own, other = "https://ab12.execute-api.us-east-1.amazonaws.com", "https://desk.example/v1"
    variables = {"Variables": {"A": f"{own}/v1", "B": other}}
    name = adjusted.deploy(source, Environment=variables)
    assert adjusted.invoke(name).payload == [f"{adjusted.url}/_aws/execute-api/ab12/v1", other]


def test_calls_wait_in_line_for_a_limited_number_of_environments(adjusted: Any) -> None:
    name = adjusted.deploy(
        "import os, time\ndef handler(event, context):\n    time.sleep(0.3)\n    return os.getpid()"
    )
    answers = adjusted.together(8, lambda: adjusted.invoke(name))
    assert not any(answer.failed for answer in answers)
    assert len({answer.payload for answer in answers}) == 2


def test_init_that_takes_too_long_is_ended(adjusted: Any) -> None:
    name = adjusted.deploy("import time\ntime.sleep(60)")
    result = adjusted.invoke(name)
    assert result.failed
    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert "Init timed out" in result.payload["errorMessage"]
