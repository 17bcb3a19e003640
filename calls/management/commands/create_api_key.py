"""Print a new API key, once."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.models import SCOPES
from calls.services.keys import create_api_key
from common.errors import Invalid


class Command(BaseCommand):
    """`create_api_key --name <name> --scope <scope>… [--user <user name>]`; the key is alone on the last line."""

    help = "Make an API key and print it, once, on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name, scopes, user."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--scope", dest="scopes", required=True, nargs="+", action="extend", choices=SCOPES)
        parser.add_argument("--user", help="The user name that scope `agent` acts as.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and print it."""
        user = None
        if options["user"]:
            user = User.objects.filter(username=options["user"]).first()
            if user is None:
                raise CommandError(f"No user {options['user']!r}.")
        try:
            key, clear = create_api_key(name=options["name"], scopes=options["scopes"], user=user)
        except Invalid as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"API key {key.name!r} with {', '.join(key.scopes)}. It is shown only now:")
        self.stdout.write(clear)
