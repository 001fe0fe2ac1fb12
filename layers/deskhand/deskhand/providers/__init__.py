"""Models behind one interface: `complete(prompt, schema) -> Completion`; one file an adapter."""
