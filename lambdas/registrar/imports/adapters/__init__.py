"""Adapters of an import: S3, the disk, prices, what a function consumes."""
