"""Around a provider: cache, breaker, limiter, masking, recorder."""
