"""No test asserts a time: machines differ many times over in speed, from hour to hour."""

from pathlib import Path

import pytest

from tests.contract.asserted_times import findings

INSTEAD = """A test must not depend on how fast the machine is:
  - a bound on speed belongs in tests/bench (`make bench`)
  - to wait for an event, use tests.patience.wait_until
  - to show that something ends, give it a partner that hangs (tests.wire.models.faults.hangs) or a
    clock of the test (tests.stopped_clock), and assert the order or the number of events
  - to show that work does not explode, count it, or use tests.hostile.growth.outgrown
  - a bound that a wait cannot do without is what a program that hangs reaches:
    tests.patience.HUNG_SECONDS
"""
# Programs of their own, which measure: `make bench`, `make eval` and `make faults`.
PROGRAMS = ("tests/bench/", "tests/eval/", "tests/faults/")


def test_no_test_asserts_a_time() -> None:
    files = [*Path("tests").rglob("*.py"), *Path("localstack/executor/tests").rglob("*.py")]
    found = [
        f"{file}:{each.line}: {each.what}"
        for file in sorted(files)
        if file.name.startswith("test_") or not str(file).startswith(PROGRAMS)
        for each in findings(file.read_text())
    ]
    assert not found, INSTEAD + "\n".join(found)


@pytest.mark.parametrize(
    "body",
    [
        "start = time.monotonic()\n    work()\n    assert time.monotonic() - start < 2",
        "start = time.process_time()\n    work()\n    spent = time.process_time() - start\n"
        "    assert spent < 2",
        "start = perf_counter()\n    assert (work(), perf_counter() - start < 2) == (1, True)",
        "starts = [work() + time.monotonic() for _ in range(3)]\n"
        "    for one, other in zip(starts, starts[1:]):\n        assert other - one > 59.9",
        "assert seconds() < 3",
        "deadline = time.monotonic() + 5\n    while not work():\n"
        "        assert time.monotonic() < deadline",
        "deadline = time.monotonic() + 5\n    while time.monotonic() < deadline:\n        work()",
        "assert event.wait(5)",
        "barrier.wait(30)",
        "process.communicate(timeout=20)",
        "thread.join(2)",
        'assert row["latency_ms"] < 1000',
        "assert 300 <= answer.latency_ms < 3000",
    ],
)
def test_an_asserted_time_is_found(body: str) -> None:
    helper = "def seconds():\n    start = time.monotonic()\n    return time.monotonic() - start\n"
    assert [each.line > 3 for each in findings(f"{helper}def test():\n    {body}\n")] == [True]


def test_a_short_timeout_of_a_test_is_found() -> None:
    assert findings("@pytest.mark.timeout(30)\ndef test():\n    work()\n")
    assert not findings("@pytest.mark.timeout(600)\ndef test():\n    work()\n")


@pytest.mark.parametrize(
    "body",
    [
        "deadline = time.monotonic() + 60\n    while not work():\n"
        "        assert time.monotonic() < deadline",
        "assert abs(claims['iat'] - time.time()) < 60",
        "run_until(time.monotonic() + 30)",
        "while not over.wait(0.05):\n        work()",
        "barrier.wait(60)",
        "barrier.wait(HUNG_SECONDS)",
        "assert row['latency_ms'] >= 300",
        "name = f'race-{time.time_ns()}'\n    work(name)",
    ],
)
def test_what_no_machine_is_too_slow_for_passes(body: str) -> None:
    assert findings(f"def test():\n    {body}\n") == []
