"""The deployment of a release: in which order, by whose right, and what must hold in between."""

import re
from pathlib import Path
from typing import Any

import yaml

from shipping.stage import Stage

WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text()) for path in Path(".github/workflows").iterdir()
}
JOBS: dict[str, Any] = WORKFLOWS["deploy"]["jobs"]
# `on` is a truth value in YAML 1.1.
STARTED_BY: dict[str, Any] = WORKFLOWS["deploy"][True]
STAGES = ("dev", "staging", "prod")


def commands(job: str) -> list[str]:
    return [step["run"].strip() for step in JOBS[job]["steps"] if "run" in step]


def test_a_tag_goes_through_every_stage_in_order() -> None:
    """F-N4"""
    assert STARTED_BY["push"] == {"tags": ["v*"]}
    for before, stage in zip((None, *STAGES), STAGES, strict=False):
        job = JOBS[stage]
        assert job.get("needs") == before
        assert job["if"] == "github.event_name == 'push'"
        # A person approves by the protection of the environment.
        assert (job["environment"], job["env"]) == (stage, {"STAGE": stage})
        assert commands(stage) == ['make aws STAGE="$STAGE"', 'make smoke STACK="deskhand-$STAGE"']
        assert Stage.read(stage).stack == f"deskhand-{stage}"


def test_nobody_keeps_a_key_of_the_account() -> None:
    """F-N4 F-K6: each job gets its own credentials by OIDC, for its own time."""
    text = Path(".github/workflows/deploy.yaml").read_text()
    assert not re.search(r"secrets\.|aws-access-key|AWS_SECRET", text)
    assert WORKFLOWS["deploy"]["permissions"] == {"contents": "read"}
    for name, job in JOBS.items():
        more = {"pull-requests": "write"} if name == "change" else {}
        assert job["permissions"] == {"contents": "read", "id-token": "write", **more}
        [login] = [s["with"] for s in job["steps"] if "configure-aws" in s.get("uses", "")]
        wanted = "AWS_CHANGE_ROLE" if name == "change" else "AWS_DEPLOY_ROLE"
        assert login["role-to-assume"] == f"${{{{ vars.{wanted} }}}}"


def test_a_pull_request_only_reads_and_a_fork_not_even_that() -> None:
    """F-N4"""
    job = JOBS["change"]
    assert "pull_request_target" not in STARTED_BY
    assert "pull_request.head.repo.full_name == github.repository" in job["if"]
    assert commands("change")[0].startswith("make aws-change STAGE=dev")
    assert not [each for each in commands("change") if re.search(r"make aws( |$)", each)]


def test_no_step_pastes_what_strangers_write_into_a_shell() -> None:
    """F-N4"""
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                pasted = re.findall(r"\$\{\{\s*(github\.event\.[\w.]+)", step.get("run", ""))
                assert [each for each in pasted if each != "github.event.name"] == []
