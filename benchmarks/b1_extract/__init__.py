"""B1: PostgreSQL to Parquet, ours against peers and against the floor (binary COPY, drained)."""
