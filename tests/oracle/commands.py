"""Running the command line as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import attrs

DISCO = (sys.executable, "-c", "from disco.oracle.cli import main; main()")
GUESTS = Path(__file__).parent.parent / "guests"


@attrs.frozen
class Finished:
    """What a command left."""

    status: int
    output: bytes
    errors: str


def disco(*arguments: object) -> Finished:
    """Run `disco` with these arguments."""
    done = subprocess.run(
        [*DISCO, *map(str, arguments)], capture_output=True, check=False, env=environment()
    )
    return Finished(done.returncode, done.stdout, done.stderr.decode())


def environment() -> dict[str, str]:
    """Give an environment in which the package of this checkout is found."""
    reference = Path(__file__).parent.parent.parent / "reference"
    return {**os.environ, "PYTHONPATH": str(reference)}
