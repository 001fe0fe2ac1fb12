"""What stands before the API on AWS, none of which the emulator does."""

import json
import re

from tests.contract.template import RESOURCES

API = RESOURCES["Api"]["Properties"]
# What a line of the access log may tell: no path, since it holds ids; no query, which holds words
# that people search for; no header.
TOLD = {
    *("requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "status", "responseLatency"),
    *("identity.sourceIp", "error.responseType", "wafResponseCode"),
}


def test_a_line_of_the_access_log_has_no_words_of_people() -> None:
    """F-K6"""
    condition, given, otherwise = API["AccessLogSetting"]["If"]
    assert (condition, otherwise) == ("HasAccessLog", {"Ref": "AWS::NoValue"})
    assert given["DestinationArn"] == {"Ref": "AccessLogArn"}
    assert set(re.findall(r"\$context\.([\w.]+)", given["Format"])) == TOLD
    line = json.loads(given["Format"])
    assert all(re.fullmatch(r"\$context\.[\w.]+", value) for value in line.values())


def test_a_browser_may_send_every_method_that_there_is() -> None:
    """F-K8"""
    allowed = set(re.findall(r"[A-Z]+", API["Cors"]["AllowMethods"]))
    used = {
        event["Properties"]["Method"].upper()
        for resource in RESOURCES.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }
    assert used <= allowed
