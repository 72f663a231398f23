"""B3: what a task costs before it does anything, with a shared engine and with a session of its own; small batches."""
