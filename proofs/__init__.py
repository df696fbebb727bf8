"""Machine-checked proofs about the reference, by running the reference on symbolic integers."""
