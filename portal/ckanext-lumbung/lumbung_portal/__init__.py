"""ckanext-lumbung: the portal's part of Lumbung (see docs/decisions/ on the atomic refresh)."""
