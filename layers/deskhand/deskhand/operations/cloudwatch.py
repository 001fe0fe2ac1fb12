"""Samples as metrics of CloudWatch: log lines in its embedded metric format."""

from collections.abc import Iterable

from deskhand.operations.metric_families import Row

_SECONDS = ("_seconds", "_seconds_sum")


def write(namespace: str, rows: Iterable[Row]) -> None:
    """Prints one line for each sample, which CloudWatch takes from the function's log.

    Counters are increases, which CloudWatch adds up. Buckets are left out: it bills each series.
    """
    # Imported here: only installations that use CloudWatch load it.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    for row in rows:
        name = row["sample"]
        unit = MetricUnit.Seconds if name.endswith(_SECONDS) else MetricUnit.Count
        with single_metric(name, unit, row["value"], namespace=namespace) as metric:
            for label, value in row["labels"].items():
                metric.add_dimension(label, value)
