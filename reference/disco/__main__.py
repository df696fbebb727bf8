"""`python -m disco`: the command line, where the command `disco` is not on the path."""

from disco.oracle.cli import main

main()
