"""Detection of prompt injection in text from strangers."""
