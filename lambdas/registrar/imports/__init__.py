"""The import feature: how a file's rows become changes, and how each row is answered."""
