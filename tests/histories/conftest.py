"""The engines of the integration tests."""

from tests.integration.conftest import endpoint, engine

__all__ = ["endpoint", "engine"]
