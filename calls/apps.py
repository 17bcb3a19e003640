"""Calls: who talks, where, what was said."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallsConfig(AppConfig):
    """App configuration."""

    name = "calls"
    verbose_name = _("Calls")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The turns' times and the providers' failures are exported with the rest."""
        from prometheus_client import REGISTRY

        from calls.provider_figures import ProviderCollector
        from calls.tool_figures import ToolCollector
        from calls.turn_figures import TurnCollector

        REGISTRY.register(TurnCollector())
        REGISTRY.register(ProviderCollector())
        REGISTRY.register(ToolCollector())
