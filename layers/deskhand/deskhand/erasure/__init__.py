"""Erasure of a person: everything stored about them, in short batches."""
