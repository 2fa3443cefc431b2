"""The checker: whether users, names, receipts and ledger are consistent."""

from registrar_client.check.checker import Checker
from registrar_client.check.violation import Violation

__all__ = ["Checker", "Violation"]
