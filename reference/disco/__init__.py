"""Disco on MIPS: an executable reference of the R10000 and of the Disco virtual machine monitor."""
