"""The Chromium the browser tests use."""

import os
import shutil

from tools.setup import BROWSER_NAMES


def chromium_path() -> str | None:
    """CHROMIUM, else one on PATH; None means Playwright's own download (leave `executable_path` out)."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSER_NAMES if (path := shutil.which(name))), None)
