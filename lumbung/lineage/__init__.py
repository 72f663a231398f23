"""Lineage: what each stage read and wrote, told as OpenLineage events."""
