"""The six stages, in order. Each has one name: here, in task ids, ledger rows, logs and documents."""

STAGES = ("extract", "land", "validate", "conform", "mart", "publish")
