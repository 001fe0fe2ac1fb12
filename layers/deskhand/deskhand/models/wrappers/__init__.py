"""Wrappers of a provider: cache, breaker, limiter, masking, recorder."""
