"""The warehouse's mechanisms: Spark sessions, table DDL, Iceberg, reference tables, HiveServer2.

Nothing here knows about runs or stages; the stages call these functions.
"""
