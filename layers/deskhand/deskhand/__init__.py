"""Deskhand's domain: what a ticket is, how it is stored, and how each step of its triage thinks."""

import os

# Before numpy is imported anywhere. A function has one core or little more, where numpy's threads
# only wait for each other: embedding a ticket by the multilingual model took 78 ms instead of 4.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
