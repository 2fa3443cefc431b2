"""The domain's doors to AWS services."""
