"""The semantics: one function per instruction, in files by chapter of the MIPS IV manual."""
