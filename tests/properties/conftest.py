"""Hypothesis profiles; ``HYPOTHESIS_PROFILE=thorough`` looks longer and elsewhere than the gate does."""

import os

from hypothesis import HealthCheck, settings

# The gate is derandomized: whether a commit passes depends on the commit alone, never on the day's luck, and
# a failure is the same on every machine. New examples are the business of the thorough profile. No deadline:
# how long one example takes says something about the machine and nothing about the code.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=70, database=None)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
