"""From declarations to verdicts: the prepared frame, the rules as boolean columns, the classes of received rows.

Every function here takes and gives DataFrames (or columns) and runs alike on a classic and a Spark Connect session.
Nothing knows about runs, files or the ledger; `lumbung.stages.validate` puts them in order.
"""
