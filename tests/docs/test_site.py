"""The site builds without a warning."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.snippets import ROOT
from tests.requirements import require_module


def test_the_site_builds(tmp_path: Path) -> None:
    require_module("material", "docs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": "reference", "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "sext32" in (tmp_path / "reference/instructions/shifts/index.html").read_text()
    assert "xksseg" in (tmp_path / "reference/address-map/index.html").read_text()
    assert "EXC-3" in (tmp_path / "specification/exceptions/index.html").read_text()
