"""Auditable user changes: what runs in Lambda."""
