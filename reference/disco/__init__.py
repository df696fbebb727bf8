"""Disco on MIPS: an executable reference of the R10000 and of the Disco virtual machine monitor."""

__version__ = "0.1.0"
