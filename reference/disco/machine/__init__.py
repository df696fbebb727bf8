"""The machine around the processor: memory, console, board."""
