"""What people and other implementations talk to: ELF files, assembly, traces, command line."""

from disco.oracle.oracle import Oracle

__all__ = ["Oracle"]
