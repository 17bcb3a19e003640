"""The desk's modules that need no browser, tested by Node's own runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parent / "desk").glob("*.test.mjs"), key=lambda path: path.name)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_module(file: Path) -> None:
    node = shutil.which("node")
    assert node, "Node 20 or later is wanted, see the README"
    done = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
