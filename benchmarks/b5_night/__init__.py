"""B5: a night of 25 sources through Airflow, against the same stages without it: what does scheduling cost?"""
