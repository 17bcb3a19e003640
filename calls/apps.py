"""Calls: who talks, where, what was said."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallsConfig(AppConfig):
    """App configuration."""

    name = "calls"
    verbose_name = _("Calls")
    default_auto_field = "django.db.models.BigAutoField"
