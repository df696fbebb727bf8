"""`python -m proofs`: see `python -m proofs --help`."""

import sys

if __name__ == "__main__":
    try:
        from proofs.cli import main
    except ModuleNotFoundError as error:
        if error.name not in ("z3", "rich"):
            raise
        complaint = f"python -m proofs: {error.name} is not installed: install the extra 'prove'"
        print(complaint, file=sys.stderr)
        sys.exit(2)
    sys.exit(main())
