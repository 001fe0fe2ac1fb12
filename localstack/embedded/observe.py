"""Prometheus with our rules, and Grafana with our dashboards, beside a running stack."""

from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.instance import Instance


def observe(instance: Instance) -> None:
    """Start both; without a Grafana, say how to import the dashboards."""
    if not instance.pushgateway.daemon.pid:
        raise EmbeddedError("no pushgateway runs, so there are no metrics: run `make demo`")
    with instance.lock():
        prometheus, grafana = instance.prometheus, instance.grafana
        prometheus.start()
        say("Prometheus", f"runs on {prometheus.url}; alerts: {prometheus.url}/alerts")
        try:
            grafana.start()
        except EmbeddedError as error:
            say("Grafana", f"off: {error}")
        else:
            say("Grafana", f"runs on {grafana.url}/dashboards")
