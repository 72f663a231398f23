"""B4: a large CSV file from a drop folder to Parquet in the spool."""
