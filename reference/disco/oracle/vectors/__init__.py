"""Vectors: cases of one step each, by which any implementation can be judged."""
