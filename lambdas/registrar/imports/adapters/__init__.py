"""Adapters of an import: S3, the disk, prices."""
