"""Departments' web services: REST and SOAP, asked request by request."""
