"""What a stage costs, from list prices of one day: arithmetic, no bill.

US dollars in us-east-1, without a free tier, as AWS published them on PRICED; other regions differ
by some tenths. Models, traffic to the internet and storage are not counted.
"""

from dataclasses import dataclass

from shipping.sizing import RUN_SECONDS

PRICED = "June 2026"
HOURS = 730
_NAT_HOUR, _ENDPOINT_HOUR, _ACU_HOUR, _PROXY_ACU_HOUR = 0.045, 0.01, 0.12, 0.015
# db.t4g.small with one zone, and 20 GiB of gp3.
_SMALL_RDS_MONTH = 0.032 * HOURS + 20 * 0.115
# RDS Proxy bills eight units of Aurora Serverless at least.
_LEAST_PROXY_UNITS = 8
_ALARM_MONTH, _SECRET_MONTH = 0.10, 0.40
_TRANSITION, _LAMBDA_CALL, _GB_SECOND = 0.000025, 0.0000002, 0.0000166667
# EXPRESS: each start, and the seconds of 64 MB.
_EXPRESS_START, _EXPRESS_SECOND = 0.000001, 0.0000166667 / 16
_API_REQUEST, _QUEUE_REQUEST, _LOG_GB = 0.0000035, 0.0000004, 0.50

# What runs while nobody sends a ticket; a test counts them in the template.
MINUTE_FUNCTIONS, FIVE_MINUTE_FUNCTIONS, ALARMS = 9, 2, 18
# The database's, its certificates, the signing keys and your own.
_SECRETS = 4
# Estimates for one ticket that is no duplicate.
_TRANSITIONS, _CALLS, _GB_SECONDS, _LOG_KB = 12, 9.3, 0.9, 8.4


@dataclass(frozen=True)
class Idle:
    """A stage that waits."""

    name: str
    nats: int = 0
    endpoints: int = 0
    acu: float = 0.0
    small_rds: bool = False
    proxy: bool = False

    @property
    def month(self) -> float:
        """US dollars a month."""
        hours = self.nats * _NAT_HOUR + self.endpoints * 2 * _ENDPOINT_HOUR + self.acu * _ACU_HOUR
        if self.proxy:
            hours += _LEAST_PROXY_UNITS * _PROXY_ACU_HOUR
        return hours * HOURS + self.small_rds * _SMALL_RDS_MONTH + template_month()


def template_month() -> float:
    """US dollars a month for what template.yaml makes, while nobody sends a ticket."""
    calls = MINUTE_FUNCTIONS * 60 * HOURS + FIVE_MINUTE_FUNCTIONS * 12 * HOURS
    # 0.15 seconds at 0.8 GB, and queue polling by Lambda.
    scheduled = calls * (_LAMBDA_CALL + 0.15 * 0.8 * _GB_SECOND) + 657_000 * _QUEUE_REQUEST
    return scheduled + ALARMS * _ALARM_MONTH + _SECRETS * _SECRET_MONTH


def workflow(kind: str) -> float:
    """US dollars for 1,000 executions of a state machine of that type, STANDARD or EXPRESS."""
    if kind == "EXPRESS":
        return 1000 * (_EXPRESS_START + RUN_SECONDS[False] * _EXPRESS_SECOND)
    return 1000 * _TRANSITIONS * _TRANSITION


def thousand_tickets(kind: str) -> float:
    """US dollars for 1,000 tickets, without the database and models."""
    one = _CALLS * _LAMBDA_CALL + _GB_SECONDS * _GB_SECOND + _LOG_KB / 1_000_000 * _LOG_GB
    return workflow(kind) + 1000 * (one + _API_REQUEST + 3 * _QUEUE_REQUEST)


IDLE = (
    Idle("`dev`: one NAT, small RDS", nats=1, small_rds=True),
    Idle("`staging`: one NAT, endpoints, Aurora 0.5", nats=1, endpoints=4, acu=0.5),
    Idle(
        "`prod`: two NAT, endpoints, Aurora 1 with a reader, proxy",
        nats=2,
        endpoints=4,
        acu=2,
        proxy=True,
    ),
)


def table() -> str:
    """A row for each stage, and for 1,000 tickets, for docs/AWS.md."""
    rows = [(f"{each.name}, idle", f"{each.month:.0f} a month") for each in IDLE]
    for kind in ("STANDARD", "EXPRESS"):
        total = thousand_tickets(kind)
        said = f"{total:.3f}, of which Step Functions {workflow(kind):.4f}"
        rows.append((f"1,000 tickets, `{kind}`, besides", said))
        rows.append(
            (f"1,000 tickets a minute, `{kind}`, besides", f"{total * 60 * HOURS:,.0f} a month")
        )
    lines = [("what", f"US dollars, prices of {PRICED}"), ("---", "---"), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
