"""The parts of the assembler."""
