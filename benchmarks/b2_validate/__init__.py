"""B2: validate and split, ours against peers, a plain rewrite of the same rows and DuckDB as the hardware's floor."""
