"""Queueing: who waits, who is free, who gets whom."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class QueueingConfig(AppConfig):
    """App configuration."""

    name = "queueing"
    verbose_name = _("Queueing")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens to calls, and answer what pages and access rules of calls ask this layer."""
        from calls.access import agent_rules
        from calls.pages import register_departments
        from queueing import receivers, selectors
        from queueing.services import staff

        post_migrate.connect(staff.on_migrated, sender=self)
        receivers.connect()
        register_departments(selectors.department_choices)
        if selectors.may_see_call not in agent_rules:
            agent_rules.append(selectors.may_see_call)
