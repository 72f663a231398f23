"""The simulated departments: real PostgreSQL databases `siak` and `sismiop` with synthetic people and taxes.

Shares no code and no declaration with `lumbung/`: the tests that hold the platform against this package would
otherwise prove nothing.
"""
