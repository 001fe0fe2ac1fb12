"""HTTP: routes and who may use them, bodies, query strings, tokens, problems, rate limits."""
