"""Disco's monitor: so far, the processor state that it runs a guest in."""
