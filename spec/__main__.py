"""`python -m spec`: print the ledger, or check it."""

import argparse
import sys

from spec.ledger import clauses, index, problems, render


def main() -> int:
    """Run the command line and give its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m spec",
        description="Print the ledger of the specification's clauses as a Markdown table.",
        epilog="exit status: 0, or 1 when --check finds a problem",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="print nothing but what is wrong with the ledger, a line for each problem",
    )
    parser.add_argument(
        "--index",
        action="store_true",
        help="print which code carries out which clause of the processor, as JSON: "
        "what `disco check` reads from reference/disco/oracle/clauses.json",
    )
    arguments = parser.parse_args()
    if arguments.index:
        print(index(clauses()), end="")
        return 0
    if not arguments.check:
        print(render(clauses()), end="")
        return 0
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
