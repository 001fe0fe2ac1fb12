"""Brings Deskhand up on one machine, without Docker: Postgres, LocalStack, pushgateway, mail."""
