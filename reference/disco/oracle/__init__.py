"""What people and other implementations talk to: ELF files, assembly, traces, command line."""
