"""Addresses below `/api/`, one module for one kind of thing: parse, call a service, show."""
