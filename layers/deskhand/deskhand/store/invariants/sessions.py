"""Invariants of the database's own settings."""

from deskhand.store.invariants.invariant import Invariant

SESSIONS = (
    Invariant(
        "sessions_are_limited",
        "The role of the functions has its time limits: invoke the migrate function to set them",
        """
        SELECT wanted AS id
        FROM unnest(ARRAY['statement_timeout=3000', 'lock_timeout=2000',
                          'idle_in_transaction_session_timeout=30000']) AS wanted
        WHERE wanted <> ALL (
            SELECT unnest(setconfig) FROM pg_db_role_setting
            WHERE setrole = CURRENT_USER::regrole
              AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """,
    ),
)
