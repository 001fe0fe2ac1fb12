# `make help` lists the targets. Everything runs in the project's own environments; nothing is
# installed into the system. An AWS account is touched by `make aws` and with STACK= only.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON := .venv/bin/python
INSTALLED := test -x $(PYTHON) || { echo 'nothing is installed yet: run `make install`' >&2; exit 1; }
PYTEST := $(PYTHON) -m pytest -q --durations=25
# On all cores: each worker has a database server of its own.
TOGETHER := -n auto --dist worksteal
SHIPPING := PYTHONPATH=layers/deskhand:localstack:aws $(PYTHON) -m shipping
EMBEDDED := $(INSTALLED); PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m embedded

# Values reach the commands through the environment, never as text of a shell command.
# Given on the command line (`make up POSTGRES_PORT=5433`) or in the environment.
export STACK STAGE EMAIL PERSON POSTGRES_PORT LOCALSTACK_PORT PUSHGATEWAY_PORT MAIL_PORT PROMETHEUS_PORT GRAFANA_PORT HELPDESK_PORT DESKHAND_INSTANCE WORKFLOW_TYPE ONLY KEYS TICKETS DEEP MODEL
export SAM_CLI_TELEMETRY := 0
# The linters read the region from here; no credentials are needed.
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help aws aws-change aws-check aws-down install up deploy demo observe dashboards console import audit export attribution articles erase down status logs target mail token admin rotate-keys history verify smoke reference catalog lint-catalog diagram invoke clean fmt check lint unit features test test-stacks faults bench eval lock

# A comment with `##` says what a target does, those with `#>` which values it takes, and `##@`
# begins a group.

##@ Try it

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "%s%s\n", gap, substr($$0, 5); gap = "\n" } \
		/^#>/ { printf "  %18s%s\n", "", substr($$0, 4) } \
		/^[a-z-]+:.*## / { printf "  make %-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## make the project's environments from the locks
	@$$($(PYTHON) -c 'print("$(PYTHON)")' 2>/dev/null || echo python3) localstack/install.py

demo: install ## bring everything up and triage sample tickets
#> N=500               so many tickets
#> TICKETS=my.csv      your own: JSON lines, a JSON array, CSV
	@$(EMBEDDED) demo $(if $(N),--count="$$N") $(if $(TICKETS),--tickets="$$TICKETS")

console: install ## build the console's page; nothing to do when nothing changed
	@$(PYTHON) localstack/build_console.py

status: ## what runs on which port, and how many runs are open
	@$(EMBEDDED) status

history: ## what each step of the workflow did with a ticket
#> TICKET=<id>         an id, or the end of one
	@$(EMBEDDED) history -- "$$TICKET"

down: ## stop everything; the data stays
	@$(EMBEDDED) down

clean: ## stop, and remove all local data and what was built
	@$(EMBEDDED) clean

##@ Use it

up: install ## start Postgres, LocalStack, pushgateway, mail server
#> POSTGRES_PORT=, LOCALSTACK_PORT=, PUSHGATEWAY_PORT=,
#> MAIL_PORT=, HELPDESK_PORT=
#> DESKHAND_INSTANCE=  another stack beside this one
#> WORKFLOW_TYPE=      EXPRESS instead of STANDARD
	@$(EMBEDDED) up

deploy: up ## deploy template.yaml, sample catalog and articles
	@$(EMBEDDED) deploy

target: ## where the stack is, as JSON for tools and scripts
#> KEY=base_url        this value only
	@$(EMBEDDED) target --key="$$KEY"

mail: ## the last mail that the local mail server has kept
	@$(EMBEDDED) mail

token: ## an access token for 15 minutes
#> SUBJECT=alice ROLE=customer (admin, agent, service)
	@$(EMBEDDED) token -- "$${SUBJECT:-somebody}" "$${ROLE:-customer}"

admin: ## make a person an administrator, or invite them
#> EMAIL=you@example.com
	@$(EMBEDDED) admin -- "$$EMAIL"

rotate-keys: ## sign access tokens with a new key
#> RETIRE=1            give up the key before it
	@$(EMBEDDED) rotate-keys --retire="$$RETIRE"

import: ## old tickets to learn from; safe to repeat
#> FILE=history.csv    CSV, XLSX, XLS, ODS, JSON lines or array
#> MAPPING=            columns of fields, as for audit
	@$(EMBEDDED) import --mapping="$$MAPPING" -- "$$FILE"

audit: ## what an export of old tickets shows; changes nothing
#> FILE=export.xlsx    CSV, XLSX, XLS or ODS of a help desk
#> MAPPING='{"category": "Queue"}'
#> DATES=day           or month, ZONE=Europe/Berlin
	@$(EMBEDDED) audit --mapping="$$MAPPING" --dates="$$DATES" --zone="$$ZONE" -- "$$FILE"

attribution: ## read the helpdesk, sort its requests, mail one report
#> HELPDESK_URL=       and _KEY, _SECRET: for `make deploy`
	@$(EMBEDDED) attribution

export: ## a list of tickets as a file
#> FILE=open.xlsx      or open.csv
#> QUERY='status=open&priority=high'
	@$(EMBEDDED) export --query="$$QUERY" -- "$$FILE"

articles: ## knowledge articles from Markdown; safe to repeat
#> DIR=docs/kb         a folder
	@$(EMBEDDED) articles -- "$$DIR"

catalog: ## put a service catalog in force
#> FILE=catalog.yaml   YAML or JSON
#> DRY_RUN=1           only say what would change
	@$(EMBEDDED) catalog --dry-run="$$DRY_RUN" -- "$$FILE"

lint-catalog: install ## what is wrong or odd in a service catalog
#> FILE=catalog.yaml
	@PYTHONPATH=layers/deskhand $(PYTHON) -m deskhand.catalog $(if $(FILE),"$$FILE")

erase: ## all that is stored about a person; DRY_RUN=1 only counts
#> PERSON=sam@example.com, an account's id or a customer's id
	@$(EMBEDDED) erase --dry-run="$$DRY_RUN" -- "$$PERSON"

logs: ## the last lines of every part
#> F=classify          one function only
#> FOLLOW=1            go on until interrupted
	@$(EMBEDDED) logs $(if $(F),--function="$$F") --follow="$$FOLLOW"

observe: install ## Prometheus with alerts, and Grafana where there is one
#> PROMETHEUS_PORT=, GRAFANA_PORT=
	@$(EMBEDDED) observe

##@ On AWS

aws: install ## make or update a stage in your account
#> STAGE=dev           a file of aws/stages
#> EMAIL=              invites an administrator
	@$(SHIPPING) up "$$STAGE" $(if $(EMAIL),--email="$$EMAIL")

aws-check: install ## what the account lacks for a stage; makes nothing
#> STAGE=dev
	@$(SHIPPING) check "$$STAGE"

aws-change: install ## what `make aws` would change; changes nothing
#> STAGE=dev
	@$(SHIPPING) change "$$STAGE"

aws-down: install ## delete a stage, and name what is kept
#> STAGE=dev
	@$(SHIPPING) down "$$STAGE"

##@ Check it

verify: ## are all promises true of the stored tickets?
#> REST=1              also those that hold when no run is open
	@$(EMBEDDED) verify --at-rest="$$REST"

smoke: ## post a ticket, wait for its due time, delete it
#> STACK=deskhand-dev  on AWS, instead of the local stack
	@$(EMBEDDED) smoke

test: check console ## every test; a quarter of an hour on two cores
#> DEEP=1              more of what is random
	@$(PYTHON) localstack/beside.py make --no-print-directory test-stacks \
		-- nice $(PYTEST) $(TOGETHER) tests --ignore tests/unit --ignore tests/e2e

# A stack mostly waits, and its functions have time limits: the other tests run beside it and leave
# it the processor.
test-stacks: install console ## those of them that need LocalStack
	@$(PYTEST) tests/e2e
	@$(PYTEST) localstack/executor/tests

check: lint unit ## what every commit must pass
	@$(PYTHON) -m tests.contract.promises > /dev/null

lint: install ## format, lint, types, template
	@$(PYTHON) localstack/lint.py

unit: install ## unit tests only
	@$(PYTHON) -m pytest -q $(TOGETHER) tests/unit

features: install ## what is promised, and the tests that show it
	@$(PYTHON) -m tests.contract.promises

faults: install ## break one thing after the other; half an hour
#> ONLY=sweep,times,load TICKETS=2000 SEED=1
#> WORKFLOW_TYPE=EXPRESS
	@PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.faults \
		$(if $(ONLY),--only="$$ONLY") $(if $(TICKETS),--tickets="$$TICKETS") $(if $(SEED),--seed="$$SEED")

bench: install ## speed, beside a floor measured in the same run
#> ONLY=ingest,posts   some parts; KEYS=200 TICKETS=1000
	@POWERTOOLS_LOG_LEVEL=ERROR PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.bench

eval: install ## quality of triage on public sets
#> ONLY=it_tickets     some parts
#> MODEL=openai:NAME   what it adds, with OPENAI_API_KEY
	@PYTHONPATH=layers/deskhand:localstack $(PYTHON) -m tests.eval

##@ Change it

fmt: install ## format, sort imports, apply safe fixes
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .

invoke: install ## one function in AWS's image, in Docker
#> F=classify          which
#> EVENT=my.json       instead of events/classify.json
	@$(EMBEDDED) invoke $(if $(EVENT),--event="$$EVENT") -- "$$F"

reference: install ## write openapi.json, CONFIGURATION.md, words anew
	@$(PYTHON) -m tests.contract.word_files
	@PYTHONPATH=layers/deskhand $(PYTHON) -m deskhand.reference
	@PYTHONPATH=layers/deskhand $(PYTHON) -m tests.contract.readme
	@PYTHONPATH=layers/deskhand:aws $(PYTHON) -m tests.contract.reach

dashboards: install ## write the dashboards of Grafana anew
	@PYTHONPATH=localstack:layers/deskhand $(PYTHON) -m observe

diagram: install ## draw the workflow: here, in README.md, as SVG
	@$(PYTHON) -m tests.contract.diagram

lock: install ## pin all environments anew from pyproject.toml
#> UPGRADE=1           the newest versions
	@$(PYTHON) localstack/lock.py $(if $(filter 1 yes true,$(UPGRADE)),--upgrade)
