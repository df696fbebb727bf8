"""Measurements of the reference's speed: `python -m benchmarks`."""
