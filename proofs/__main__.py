"""`python -m proofs`: see `python -m proofs --help`."""

import sys

if __name__ == "__main__":
    try:
        from proofs.cli import main
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("z3", "rich"):
            raise
        complaint = f"python -m proofs: {package} is not installed: install the extra 'prove'"
        print(complaint, file=sys.stderr)
        sys.exit(2)
    sys.exit(main())
