"""The embedded local AWS: start it, deploy to it, and run the sample changes."""
