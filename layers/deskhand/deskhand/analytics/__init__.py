"""Figures of the desk: what came in, what was done, how long it took, and what was kept."""
