"""Whether a reply draft may be shown as one: policy, citations, tone, promises, personal data."""
