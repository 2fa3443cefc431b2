"""The checker: whether users, names, receipts and ledger agree, to the letter."""

from registrar_client.check.checker import Checker
from registrar_client.check.violation import Violation

__all__ = ["Checker", "Violation"]
