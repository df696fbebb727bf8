"""What people and other implementations talk to: ELF loading, assembly, traces, the command line."""
