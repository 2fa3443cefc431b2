"""What is done to a change, whether it comes by itself or among many: the steps call it with their doors."""
