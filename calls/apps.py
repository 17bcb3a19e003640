"""Calls: who talks, where, what was said."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """App configuration."""

    name = "calls"
    verbose_name = "Calls"
    default_auto_field = "django.db.models.BigAutoField"
