"""HTTP: routes and their access rules, bodies, query strings, tokens, problems, rate limits."""
