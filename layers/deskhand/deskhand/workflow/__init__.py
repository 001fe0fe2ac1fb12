"""The workflow around the steps: dispatch, the step's contract, failures, reconcile and replay."""
