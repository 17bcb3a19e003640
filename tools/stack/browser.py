"""The Chromium the browser tests use."""

import os
import shutil

from tools.setup import BROWSER_NAMES, HEADLESS_SHELL


def chromium_path(*, whole: bool = False) -> str | None:
    """CHROMIUM, else one on PATH; None means Playwright's own download (leave `executable_path` out).

    The headless shell comes first. It has nobody to ask whether a page may use the microphone: `whole` leaves it out.
    """
    names = BROWSER_NAMES if whole else (HEADLESS_SHELL, *BROWSER_NAMES)
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in names if (path := shutil.which(name))), None)
