"""Names and buckets of metrics that are needed without the database driver."""

# A sample's name and its labels.
type Sample = tuple[str, tuple[tuple[str, str], ...]]

HTTP = "http_request_duration_seconds"
HTTP_BUCKETS = (0.1, 0.5, 2.5)
LOGIN_REFUSED = "login_refused_total"
