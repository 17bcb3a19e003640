"""Articles from a folder of Markdown files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from knowledge.importing import BadFiles, read_all
from knowledge.services import import_articles
from queueing.models import Department


class Command(BaseCommand):
    """`import_articles <folder>`: every `.md` below it, by slug; run again, it changes what has changed."""

    help = "Import articles from Markdown files with front matter: all of them, or none when one is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, store, count."""
        folder: Path = options["folder"]
        files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.md"))}
        if not files:
            raise CommandError(f"There are no .md files in {folder}.")
        try:
            drafts = read_all({name: path.read_bytes() for name, path in files.items()}, _departments())
        except BadFiles as error:
            raise CommandError("\n".join(error.problems)) from error
        done = import_articles(drafts)
        self.stdout.write(f"{len(done.made)} new, {len(done.changed)} changed, {len(done.same)} as they were.")


def _departments() -> set[str]:
    return set(Department.objects.values_list("slug", flat=True))
