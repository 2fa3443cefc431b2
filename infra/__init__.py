"""The infrastructure: stacks, constructs, and the settings of each stage."""
