"""The ground floor: errors, clock, transitions, the event log."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """App configuration."""

    name = "common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What every connection to the database gets."""
        from common import postgres

        postgres.install()
