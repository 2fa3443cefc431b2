"""The domain: what a change is, what it does to a user, and how its record is sealed. No AWS, no I/O."""
