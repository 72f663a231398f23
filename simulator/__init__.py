"""The simulated departments: real PostgreSQL databases with synthetic people and taxes, real HTTP services before some.

Shares no code and no declaration with `lumbung/`: the tests that hold the platform against this package would
otherwise prove nothing.
"""
