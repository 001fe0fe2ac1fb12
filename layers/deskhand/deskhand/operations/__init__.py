"""What operators run: health, metrics, verification, refreshes of catalog and vectors."""
