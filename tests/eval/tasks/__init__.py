"""A module for each task: its docstring is the title, `measure() -> Iterator[Figure]` the work.

A file put here is found by `make eval`; `ONLY=name` runs it alone.
"""
