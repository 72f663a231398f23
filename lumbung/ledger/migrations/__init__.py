"""Alembic migrations of the ledger; run with `python -m lumbung.ledger.migrate`."""
