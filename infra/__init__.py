"""The infrastructure: stacks, their constructs, and the settings by which the stages differ."""
