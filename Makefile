# `make help` lists the targets. Everything runs in the project's own environments; nothing is
# installed into the system, no AWS account is touched.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON := .venv/bin/python
SAM_ENV := .local/venvs/sam/bin
INSTALLED := test -x $(PYTHON) || { echo 'nothing is installed yet: run `make install`' >&2; exit 1; }
PYTEST := $(PYTHON) -m pytest -q --durations=25
# On all cores: each worker has a database server of its own.
TOGETHER := -n auto --dist worksteal
EMBEDDED := $(INSTALLED); PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m embedded

# Given on the command line (`make up POSTGRES_PORT=5433`) or in the environment.
export POSTGRES_PORT LOCALSTACK_PORT PUSHGATEWAY_PORT DESKHAND_INSTANCE ONLY KEYS DEEP
export SAM_CLI_TELEMETRY := 0
# The linters read the region from here; no credentials are needed.
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help install up deploy demo import articles down status logs target token admin rotate-keys verify reference catalog lint-catalog diagram invoke clean fmt check lint unit features test faults bench eval lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## the project's environments from the locks (quick when nothing changed)
	@$$($(PYTHON) -c 'print("$(PYTHON)")' 2>/dev/null || echo python3) localstack/install.py

up: install ## Postgres, LocalStack and a pushgateway (ports: POSTGRES_PORT, LOCALSTACK_PORT, PUSHGATEWAY_PORT)
	@$(EMBEDDED) up

deploy: up ## template.yaml into LocalStack, checked; sample catalog and articles
	@$(EMBEDDED) deploy

demo: install ## all of it, then sample tickets (N=500, or TICKETS=file.jsonl of your own)
	@$(EMBEDDED) demo $(if $(N),--count '$(N)') $(if $(TICKETS),--tickets '$(TICKETS)')

import: ## old tickets to learn from into the running stack (FILE=history.csv or .jsonl); safe to repeat
	@$(EMBEDDED) import '$(FILE)'

articles: ## knowledge articles from Markdown files into the running stack (DIR=docs/kb); safe to repeat
	@$(EMBEDDED) articles '$(DIR)'

down: ## stop everything; data stays
	@$(EMBEDDED) down

status: ## one line a part: running, pid, port, health; open runs
	@$(EMBEDDED) status

logs: ## last lines of every part (F=classify one function; FOLLOW=1 go on)
	@$(EMBEDDED) logs $(if $(F),--function '$(F)') $(if $(FOLLOW),--follow)

target: ## one JSON object that tells any tool where the running stack is
	@$(EMBEDDED) target

token: ## an access token of the running stack for 15 minutes (SUBJECT=alice ROLE=customer)
	@$(EMBEDDED) token '$(or $(SUBJECT),somebody)' '$(or $(ROLE),customer)'

admin: ## makes EMAIL=you@example.com an administrator of the running stack, or invites them to be one
	@$(EMBEDDED) admin '$(EMAIL)'

rotate-keys: ## a new key signs access tokens, the one before stays good (RETIRE=1: no longer)
	@$(EMBEDDED) rotate-keys $(if $(RETIRE),--retire)

verify: ## is what is promised true of the tables of a ticket's path? (REST=1: also what holds once nothing is open)
	@$(EMBEDDED) verify $(if $(REST),--at-rest)

reference: install ## openapi.json and CONFIGURATION.md, written anew from the code
	@PYTHONPATH=layers/deskhand $(PYTHON) -m deskhand.reference
	@PYTHONPATH=layers/deskhand $(PYTHON) -m tests.contract.readme

catalog: ## a service catalog into the running stack (FILE=catalog.yaml; DRY_RUN=1: only what it would change)
	@$(EMBEDDED) catalog '$(FILE)' $(if $(DRY_RUN),--dry-run)

lint-catalog: install ## what is wrong or odd in a service catalog (FILE=catalog.yaml)
	@PYTHONPATH=layers/deskhand $(PYTHON) -m deskhand.catalog $(if $(FILE),'$(FILE)')

diagram: install ## the workflow in README.md and statemachine/triage.svg, drawn anew from the definition
	@$(PYTHON) -m tests.contract.diagram

invoke: install ## sam local invoke of one function in Docker (F=classify, EVENT=events/classify.json)
	@$(EMBEDDED) invoke '$(F)' $(if $(EVENT),--event '$(EVENT)')

clean: ## stop, then remove what was built and all local data (environments stay)
	@$(EMBEDDED) clean

fmt: install ## format, sort imports, apply safe fixes
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .

lint: install ## format, lint, types, template (cfn-lint, SAM, Checkov)
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(SAM_ENV)/cfn-lint template.yaml
	@$(SAM_ENV)/sam validate --lint
	@$(PYTHON) localstack/scan.py

unit: install ## unit tests only
	@$(PYTHON) -m pytest -q $(TOGETHER) tests/unit

features: install ## what is promised, and the tests that show it
	@$(PYTHON) -m tests.contract.promises

check: lint unit ## what every commit must pass
	@$(PYTHON) -m tests.contract.promises > /dev/null

test: check ## everything, also end to end on LocalStack (DEEP=1: four times the property machines' examples)
	@$(PYTEST) $(TOGETHER) tests --ignore tests/unit --ignore tests/e2e
	@$(PYTEST) tests/e2e
	@$(PYTEST) localstack/executor/tests

faults: install ## breaks one thing after the other on a stack of its own, half an hour (ONLY=sweep,times,load, TICKETS=2000, SEED=1)
	@PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.faults \
		$(if $(ONLY),--only '$(ONLY)') $(if $(TICKETS),--tickets '$(TICKETS)') $(if $(SEED),--seed '$(SEED)')

bench: install ## ratios against the floor measured in the same run (ONLY=posts one part, KEYS=200)
	@PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.bench

eval: install ## quality of triage on public sets, beside baselines and goals (ONLY=it_tickets one part)
	@PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.eval

lock: install ## pin all environments anew from pyproject.toml (UPGRADE=1: newest versions)
	@$(PYTHON) localstack/lock.py $(if $(UPGRADE),--upgrade)
