"""Benches: what is claimed about speed and cost, measured as ratios within one run."""
