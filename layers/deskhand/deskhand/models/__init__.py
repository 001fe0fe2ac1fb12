"""Language models: the interface, its adapters and wrappers, the chain of providers."""
