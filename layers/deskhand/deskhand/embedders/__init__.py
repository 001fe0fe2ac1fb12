"""Outside embedding models behind one interface: `ask(texts) -> rows`; one file an adapter."""
