"""One word names a step everywhere; what the emulator would silently accept is checked here."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand import errors
from deskhand.duplicates.link import MAX_WAITS
from deskhand.operations import health, refresh_vectors
from deskhand.operations.budget import A_RUN
from deskhand.settings.environment import Settings
from deskhand.similarity import embedders
from deskhand.store.workflow import BESIDE_CLASSIFY, STEPS
from deskhand.workflow import step
from functions.refresh_vectors import handler as refresh_function
from tests.contract.machine import MACHINE, TASKS, scopes
from tests.contract.template import RESOURCES, TEMPLATE, camel, invoked, of_type, policies, snake

DEPLOYED = list(of_type("AWS::Serverless::Function"))
FUNCTIONS = sorted(path.parent.name for path in Path("functions").glob("*/handler.py"))


[PARALLEL] = [state for state in MACHINE["States"].values() if state["Type"] == "Parallel"]
SIDE_BY_SIDE = [snake(branch["StartAt"]) for branch in PARALLEL["Branches"]]
# A state, but no step: it has no outcome.
NO_STEP = {"record_failure"}
OPTIONAL = {each.name for each in STEPS if each.optional}
# The states that lead to RecordFailure, each with the step that it names.
BLAMED: dict[str, str] = {
    name: state["Result"]
    for name, state in MACHINE["States"].items()
    if state.get("Next") == "RecordFailure"
}
DRAFTING = ("DraftReply", "ReviewReply")

# Error names of Lambda and Step Functions themselves that a state may match.
PLATFORM = re.compile(r"(Lambda|States|Sandbox|Runtime)\.\w+")

# Who reads texts by the model that EMBEDDER names, and what outside models are asked with.
EMBEDDING = ("detect_duplicates", "research", "similar", "knowledge", "refresh_vectors")
OF_OUTSIDE = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "BEDROCK_REGION",
              "BEDROCK_ENDPOINT_URL"}  # fmt: skip
# What each function asks of AWS. The emulator lets everything through, so it is held here.
ASKS: dict[str, set[str]] = {
    "ingest": {"sqs:SendMessage"},
    "dispatch": {"sqs:SendMessage", "states:StartExecution"},
    "metrics": {"sqs:GetQueueAttributes"},
    "publish_metrics": {"sqs:GetQueueAttributes"},
    "relay": {"sqs:SendMessage"},
    "reconcile": {"states:DescribeExecution"},
    "health": {"sqs:GetQueueAttributes", "states:DescribeStateMachine"},
    "recover": {
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    },
    "attribution": {"sqs:SendMessage"},
    "start_attribution": {"sqs:SendMessage"},
    "classify_batch": {"bedrock:InvokeModel"},
    "notify": {"sns:Publish"},
    "refresh_catalog": {"s3:GetObject"},
    "build_report": {"s3:PutObject"},
    "send_report": {"s3:GetObject"},
    "deliver_reports": {"s3:GetObject"},
    "reports": {"s3:GetObject"},
    "exports": {"s3:GetObject"},
    "write_exports": {"s3:PutObject", "s3:DeleteObject"},
    "erase_person": {"s3:DeleteObject"},
    "audits": {"s3:GetObject", "s3:DeleteObject"},
    "audit": {"s3:PutObject", "s3:DeleteObject"},
    "classify": {"bedrock:InvokeModel"},
    "auth": {"secretsmanager:GetSecretValue"},
    "rotate_keys": {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
    "extract_entities": {"bedrock:InvokeModel"},
    "draft_reply": {"bedrock:InvokeModel"},
    "review_reply": {"bedrock:InvokeModel"},
    "unlink_duplicate": {"sqs:SendMessage"},
    **{word: {"bedrock:InvokeModel"} for word in EMBEDDING},
}
DATABASE = {"If": ["HasDatabaseSecret", {"Ref": "ReadDatabaseSecret"}, {"Ref": "AWS::NoValue"}]}
WITHOUT_DATABASE = {"console", "docs", "rotate_keys"}
# Policies that are several functions' own; `test_least_privilege.py` says who may read the secrets.
SHARED = {DATABASE["If"][0], "HasSecrets", "HasDataKey", "HasRoles", "HasReaderSecret"}
# What API Gateway waits for an answer.
API_SECONDS = 29
# What is waited out over minutes rather than retried within seconds.
OUTAGE = {"DatabaseUnavailable", "Lambda.TooManyRequestsException"}


def _missing(word: str) -> Iterator[str]:
    """What a function or step of that name lacks, each with what to do about it."""
    if word not in FUNCTIONS:
        yield f"`{word}` has no function: write functions/{word}/handler.py"
    if not Path(f"events/{word}.json").exists():
        yield f"`{word}` has no event: write events/{word}.json"
    elif not isinstance(json.loads(Path(f"events/{word}.json").read_text()), dict):
        yield f"events/{word}.json is not a JSON object"
    if not list(Path("tests/functions").glob(f"*/test_{word}.py")):
        yield f"`{word}` has no test: write tests/functions/<package>/test_{word}.py"
    resource = RESOURCES.get(f"{camel(word)}Function", {})
    if resource.get("Properties", {}).get("CodeUri") != f"functions/{word}":
        code = f"{camel(word)}Function with CodeUri functions/{word}"
        yield f"`{word}` is not deployed: add {code} to template.yaml"


def _missing_of_step(word: str) -> Iterator[str]:
    name = camel(word)
    if word not in {each.name for each in STEPS}:
        yield f"`{word}` is not a step: add it to STEPS in deskhand/store/workflow.py"
    if name not in TASKS:
        yield f"`{word}` has no state: add {name} to statemachine/triage.asl.json"
    handler = Path(f"functions/{word}/handler.py")
    if handler.exists() and f'@step("{word}")' not in handler.read_text():
        yield f"{handler} has no @step({word!r}): its outcomes must have the folder's name"
    yield from _missing_to_be_called(name)


def _missing_to_be_called(name: str) -> Iterator[str]:
    machine = RESOURCES["TriageStateMachine"]["Properties"]
    if f"{name}FunctionArn" not in machine["DefinitionSubstitutions"]:
        yield f"{name} has no address: add {name}FunctionArn to DefinitionSubstitutions"
    called = invoked(machine)
    if f"{name}Function" not in called:
        yield f"{name} may not be called: add its LambdaInvokePolicy to TriageStateMachine"


@pytest.mark.parametrize(
    "word", sorted({*FUNCTIONS, *(p["CodeUri"].removeprefix("functions/") for _, p in DEPLOYED)})
)
def test_every_function_has_all_its_parts(word: str) -> None:
    """F-N3"""
    assert list(_missing(word)) == []


@pytest.mark.parametrize(
    "word", sorted({each.name for each in STEPS} | {snake(name) for name in TASKS} - NO_STEP)
)
def test_every_step_has_all_its_parts(word: str) -> None:
    """F-N3"""
    assert [*_missing(word), *_missing_of_step(word)] == []


def test_no_event_and_no_call_is_left_over() -> None:
    assert sorted(path.stem for path in Path("events").glob("*.json")) == FUNCTIONS
    machine = RESOURCES["TriageStateMachine"]["Properties"]
    assert set(machine["DefinitionSubstitutions"]) == {f"{name}FunctionArn" for name in TASKS}
    assert sorted(invoked(machine)) == sorted(f"{name}Function" for name in TASKS)


@pytest.mark.parametrize("word", FUNCTIONS)
def test_every_function_may_do_what_it_asks_for_and_no_more(word: str) -> None:
    properties = RESOURCES[f"{camel(word)}Function"]["Properties"]
    assert (DATABASE in properties.get("Policies", [])) is (word not in WITHOUT_DATABASE)
    own = [policy for condition, policy in policies(properties) if condition not in SHARED]
    statements = [statement for policy in own for statement in policy["Statement"]]
    assert {statement["Action"] for statement in statements} == ASKS.get(word, set())
    assert all(statement["Effect"] == "Allow" for statement in statements)
    assert all(statement["Resource"] != "*" for statement in statements)


def test_every_state_names_its_function_and_its_verdict() -> None:
    for name, state in TASKS.items():
        assert state["Resource"] == f"${{{name}FunctionArn}}"
        assert snake(name) in FUNCTIONS
        if name not in ("RecordFailure", "ValidateTicket") and snake(name) not in SIDE_BY_SIDE:
            assert state["ResultPath"] == f"$.verdicts.{snake(name)}"


def test_the_first_verdict_makes_room_for_the_others() -> None:
    first = TASKS[MACHINE["StartAt"]]
    assert first["ResultPath"] == "$.verdicts"
    # The revision that the first draft has.
    selected = {"validate_ticket.$": "$", "review_reply": {"revision": 0}}
    assert first["ResultSelector"] == selected


def test_the_verdicts_of_branches_go_by_their_names() -> None:
    numbers = {f"{word}.$": f"$[{n}]" for n, word in enumerate(SIDE_BY_SIDE)}
    assert PARALLEL["ResultSelector"] == numbers


def test_beside_classify_are_only_steps_that_a_run_can_do_without() -> None:
    """F-D10: so a failure of the Parallel state is Classify's."""
    assert set(SIDE_BY_SIDE) - {"classify"} == set(BESIDE_CLASSIFY) < OPTIONAL
    assert len(SIDE_BY_SIDE) == A_RUN
    [caught] = PARALLEL["Catch"]
    assert caught["Next"] == "ClassifyFailed"


def test_every_step_gets_ids_and_its_count_of_retries() -> None:
    ids = {f"{name}.$": f"$.{name}" for name in ("ticket_id", "run_id", "attempt")}
    for name in TASKS.keys() - {"RecordFailure"}:
        context = {"execution.$": "$$.Execution.Id", "retry_count.$": "$$.State.RetryCount"}
        wanted = {**ids, **context}
        if name in DRAFTING:
            wanted["revision.$"] = "$.verdicts.review_reply.revision"
        assert TASKS[name]["Parameters"] == wanted


def test_steps_are_listed_after_those_they_follow() -> None:
    listed: set[str | None] = {None}
    for each in STEPS:
        assert each.after in listed, f"`{each.name}` stands before `{each.after}`, which it follows"
        listed.add(each.name)


def test_every_target_exists_and_every_state_is_reached() -> None:
    for scope in scopes(MACHINE):
        targets = {scope["StartAt"]}
        for state in scope["States"].values():
            targets |= {state[word] for word in ("Next", "Default") if word in state}
            targets |= {choice["Next"] for choice in state.get("Choices", [])}
            targets |= {catch["Next"] for catch in state.get("Catch", [])}
        assert targets == set(scope["States"])


def test_every_matched_error_is_ours_or_the_platforms() -> None:
    for state in TASKS.values():
        for rule in state["Retry"] + state.get("Catch", []):
            for name in rule["ErrorEquals"]:
                assert PLATFORM.fullmatch(name) or hasattr(errors, name), name


def test_transient_errors_are_retried_and_permanent_ones_are_not() -> None:
    """F-C5"""
    for name in TASKS.keys() - {"RecordFailure"}:
        failure, outage, *waiting = TASKS[name]["Retry"]
        assert bool(waiting) == (name == "LinkDuplicate")
        assert "States.ALL" not in failure["ErrorEquals"]
        assert not OUTAGE & set(failure["ErrorEquals"])
        assert failure["MaxAttempts"] == step.MAX_RETRIES
        assert set(outage["ErrorEquals"]) == OUTAGE
        assert (outage["MaxAttempts"], outage["MaxDelaySeconds"]) == (8, 60)
        for rule in (failure, outage, *waiting):
            assert (rule["BackoffRate"], rule["JitterStrategy"]) == (2, "FULL")
            assert rule["MaxDelaySeconds"] >= rule["IntervalSeconds"]
    retried = {error for rule in TASKS["Classify"]["Retry"] for error in rule["ErrorEquals"]}
    ours = {name for name in retried if not PLATFORM.fullmatch(name)}
    assert ours == {error.__name__ for error in errors.TRANSIENT}


def test_the_triage_of_an_original_is_waited_for_as_often_as_the_step_believes() -> None:
    waiting = TASKS["LinkDuplicate"]["Retry"][2]
    assert waiting["ErrorEquals"] == [errors.OriginalUnsettled.__name__]
    assert waiting["MaxAttempts"] == MAX_WAITS


def test_every_step_is_retried_when_the_database_or_lambda_is_away() -> None:
    """F-C5"""
    platform = {
        "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException",
        "Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory",
        "States.Timeout",
    }  # fmt: skip
    for name in TASKS.keys() - {"RecordFailure"}:
        retried = {error for rule in TASKS[name]["Retry"] for error in rule["ErrorEquals"]}
        assert retried >= platform | {"DatabaseUnavailable"}, name


def test_a_task_fails_the_run_unless_it_can_be_done_without() -> None:
    """F-D10"""
    for name in TASKS.keys() - {"RecordFailure"}:
        if name == "Classify":  # its failure is the Parallel state's
            assert "Catch" not in TASKS[name]
            continue
        [catch] = TASKS[name]["Catch"]
        assert (catch["ErrorEquals"], catch["ResultPath"]) == (["States.ALL"], "$.failure")
        goes_on = catch["Next"] not in BLAMED
        assert goes_on == (snake(name) in OPTIONAL), name


def test_record_failure_learns_which_step_failed() -> None:
    """F-C4: a function that cannot start says nothing itself."""
    assert TASKS["RecordFailure"]["Parameters"]["step.$"] == "$.failed_step"
    assert set(BLAMED.values()) == {snake(name) for name in TASKS} - {
        *OPTIONAL,
        "record_failure",
    }
    for state, word in BLAMED.items():
        assert state == f"{camel(word)}Failed"
        assert MACHINE["States"][state]["ResultPath"] == "$.failed_step"
        failing = MACHINE["States"].get(camel(word), PARALLEL)
        [catch] = failing["Catch"]
        assert catch["Next"] == state
        assert (catch["ErrorEquals"], catch["ResultPath"]) == (["States.ALL"], "$.failure")


def test_time_budgets_nest() -> None:
    """F-D12: model call < function < state < execution; queue visibility is 6 x dispatch."""
    default = TEMPLATE["Globals"]["Function"]["Timeout"]
    timeouts = {n: p.get("Timeout", default) for n, p in of_type("AWS::Serverless::Function")}
    for name in ("Classify", "ExtractEntities", *DRAFTING):
        assert Settings().llm_timeout_seconds * 2 < timeouts[f"{name}Function"]
    for name, state in TASKS.items():
        assert timeouts[f"{name}Function"] < state["TimeoutSeconds"] < MACHINE["TimeoutSeconds"]
    assert MACHINE["TimeoutSeconds"] == 15 * 60
    for word in EMBEDDING:
        assert timeouts[f"{camel(word)}Function"] > embedders.MAX_SECONDS
    # Reading, the call under way and the switch; and reading is over before the next minute begins.
    refresh = refresh_function.SECONDS + embedders.MAX_SECONDS
    assert refresh < 60
    assert refresh + refresh_vectors.SCHEMA_SECONDS < timeouts["RefreshVectorsFunction"]
    # A part that fails just before its limit is asked once more.
    asked_twice = 2 * (health.LIMIT_SECONDS + health.PAUSE_SECONDS)
    assert asked_twice < timeouts["HealthFunction"] < API_SECONDS
    queue = RESOURCES["TicketsQueue"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * timeouts["DispatchFunction"]
    dead = RESOURCES["TicketsDeadLetterQueue"]["Properties"]
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5


def test_the_queue_reports_single_failures_and_its_concurrency_is_a_parameter() -> None:
    [source] = [
        event["Properties"]
        for event in RESOURCES["DispatchFunction"]["Properties"]["Events"].values()
        if event["Type"] == "SQS"
    ]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "DispatchConcurrency"}}


def test_schedules_are_rules_that_the_emulator_fires_too() -> None:
    kinds = {
        event["Type"]
        for _, properties in of_type("AWS::Serverless::Function")
        for event in properties.get("Events", {}).values()
    }
    assert kinds == {"Api", "SQS", "Schedule"}


def test_layers_pin_what_development_pins() -> None:
    locked = set(_pins(Path("requirements.lock")))
    for layer in Path("layers").glob("*/requirements.txt"):
        assert set(_pins(layer)) <= locked, layer
    assert set(_pins(Path("localstack/requirements/runtime.txt"))) <= locked


def _pins(file: Path) -> Iterator[str]:
    for line in file.read_text().splitlines():
        if found := re.match(r"([\w.-]+==[\w.]+)", line):
            yield found[1]


def test_every_setting_can_be_made_in_the_template() -> None:
    """F-E9"""
    every = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"].keys()
    of_one = (
        properties.get("Environment", {}).get("Variables", {}).keys()
        for _, properties in of_type("AWS::Serverless::Function")
    )
    assert {name.upper() for name in Settings.model_fields} <= set(every).union(*of_one)


def test_every_parameter_stands_in_one_group_of_the_console() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])


def test_who_compares_texts_may_ask_the_embedder_and_nobody_else_has_its_settings() -> None:
    """F-K7"""
    arns = {"Ref": "EmbedderModelArns"}
    for name, properties in of_type("AWS::Serverless::Function"):
        variables = properties.get("Environment", {}).get("Variables", {})
        given = policies(properties)
        asking = [policy for condition, policy in given if condition == "HasEmbedderModels"]
        assert ("EMBEDDER" in variables) == (snake(name[:-8]) in EMBEDDING) == bool(asking), name
        if asking:
            [statement] = asking[0]["Statement"]
            assert statement["Resource"] == arns
            assert {"LLM_TIMEOUT_SECONDS", *OF_OUTSIDE} <= variables.keys()
            assert {"Ref": "ModelsLayer"} in properties["Layers"]


def test_an_execution_that_runs_out_of_time_is_told_of() -> None:
    """F-D12"""
    alarm = RESOURCES["TimedOutAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ExecutionsTimedOut")
    assert alarm["Dimensions"] == [
        {"Name": "StateMachineArn", "Value": {"Ref": "TriageStateMachine"}}
    ]
    assert alarm["Threshold"] == 0


@pytest.mark.parametrize("name", [name for name, _ in of_type("AWS::CloudWatch::Alarm")])
def test_every_alarm_reaches_the_operators_topic(name: str) -> None:
    """F-B7"""
    told = RESOURCES[name]["Properties"]["AlarmActions"]
    assert told == {"If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}


def test_every_alarm_has_its_line_for_operators() -> None:
    """F-M3 F-M6: what it means, what to look at, what to do."""
    text = Path("docs/OPERATE.md").read_text()
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    names = [name for kind in kinds for name, _ in of_type(kind)]
    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("name", [name for name, _ in of_type("AWS::CloudWatch::Alarm")])
def test_only_a_missing_heartbeat_is_bad_news(name: str) -> None:
    """F-M6"""
    missing = RESOURCES[name]["Properties"]["TreatMissingData"]
    assert (missing == "breaching") is ("Heartbeat" in name)


def test_one_message_in_the_dead_letter_queue_is_an_alarm() -> None:
    """F-B7"""
    alarm = RESOURCES["DeadLettersAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
    )
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"GetAtt": "TicketsDeadLetterQueue.QueueName"}}
    ]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert "TicketsDeadLetterQueue" in str(RESOURCES["TicketsQueue"]["Properties"]["RedrivePolicy"])
