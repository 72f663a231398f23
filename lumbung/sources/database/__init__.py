"""Departments' databases: read in one snapshot by COPY."""
