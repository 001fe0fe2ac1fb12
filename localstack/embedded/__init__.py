"""Brings Deskhand up on one machine: Postgres, LocalStack and a pushgateway, without Docker."""
