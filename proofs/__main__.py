"""`python -m proofs`: see `python -m proofs --help`."""

import sys

if __name__ == "__main__":
    try:
        from proofs.cli import main

        sys.exit(main())
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("disco", "rich", "z3"):
            raise
        complaint = f"{package} is not installed: run pip install -e '.[prove]' in the checkout"
        print(f"python -m proofs: {complaint}", file=sys.stderr)
        sys.exit(2)
