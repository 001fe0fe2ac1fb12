"""Operations: health, metrics, verification, refreshes of catalog and vectors."""
