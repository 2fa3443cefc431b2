"""The embedded local AWS: start it, deploy onto it, show what it does."""
