"""The desk and the wallboard."""

from django.apps import AppConfig


class AgentsUIConfig(AppConfig):
    """App configuration."""

    name = "agents_ui"
    verbose_name = "Desk"
