"""What the functions of an import do."""
