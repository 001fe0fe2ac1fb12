"""What operators see: dashboards of Grafana as code, and the rules of Prometheus."""
