"""Connectors to source systems, one module per protocol, and what they share: received schema, content digest."""
