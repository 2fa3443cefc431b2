"""The rules of an import: columns, rows, plans, results."""
