"""All SQL. The connection comes first and the caller owns the transaction."""
