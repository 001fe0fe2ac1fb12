"""Changed rules and alarms keep their old content.

LocalStack's CloudFormation cannot update AWS::Events::Rule (schedules among them),
AWS::CloudWatch::Alarm and AWS::Lambda::EventInvokeConfig: it logs a warning and reports success.
Repaired: all three are created by a put, so an update puts them again under the same name; a rule
also loses the targets that are no longer listed.
"""

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceProvider
from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import (
    CloudWatchAlarmProvider,
)
from localstack.services.events.resource_providers.aws_events_rule import EventsRuleProvider
from localstack.services.lambda_.resource_providers.aws_lambda_eventinvokeconfig import (
    LambdaEventInvokeConfigProvider,
)


def apply() -> None:
    """Add the missing operations."""
    CloudWatchAlarmProvider.update = _update_alarm
    EventsRuleProvider.update = _update_rule
    LambdaEventInvokeConfigProvider.update = _put


def _put(provider: ResourceProvider, request: Any) -> Any:
    return provider.create(request)


def _update_alarm(provider: CloudWatchAlarmProvider, request: Any) -> Any:
    request.desired_state["AlarmName"] = request.previous_state["AlarmName"]
    return provider.create(request)


def _update_rule(provider: EventsRuleProvider, request: Any) -> Any:
    wanted, known = request.desired_state, request.previous_state
    wanted["Name"] = known["Id"].rpartition("|")[2]
    listed = {target["Id"] for target in wanted.get("Targets") or []}
    event = provider.create(request)
    gone = [target["Id"] for target in known.get("Targets") or [] if target["Id"] not in listed]
    if gone:
        bus = {"EventBusName": wanted["EventBusName"]} if wanted.get("EventBusName") else {}
        events = request.aws_client_factory.events
        events.remove_targets(Rule=wanted["Name"], Ids=gone, **bus)
    return event
