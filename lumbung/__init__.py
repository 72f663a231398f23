"""Lumbung: moves a regency's records from its departments into one warehouse and gives them back."""

__version__ = "0.1.0"
