"""Many changes at once: how a file's rows become changes, and what each row is answered."""
