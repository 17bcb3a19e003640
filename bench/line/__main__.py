"""One measurement; its rows as JSON on the last line of the output."""

import json
import logging
import os
import sys
from dataclasses import asdict
from importlib import import_module

import django


def main(name: str) -> int:
    """Exit status 0 once measured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from bench.queue import ANSWER

    rows = import_module(f"bench.line.{name}").measure()
    print(ANSWER + json.dumps([asdict(row) for row in rows]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
