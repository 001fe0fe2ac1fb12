"""Names and buckets of metrics that are needed without the database driver."""

# A sample's name and its labels.
type Sample = tuple[str, tuple[tuple[str, str], ...]]

HTTP = "http_request_duration_seconds"
HTTP_BUCKETS = (0.5, 2.5)
# The service level counts these and alerts on them: they always have series of their own.
INTAKE = {"route": ("/tickets", "/incidents"), "method": ("POST",), "status": ("2xx", "5xx")}
LOGIN_REFUSED = "login_refused_total"
