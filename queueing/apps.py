"""Queueing: who waits, who is free, who gets whom."""

from django.apps import AppConfig


class QueueingConfig(AppConfig):
    """App configuration."""

    name = "queueing"
    verbose_name = "Queueing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens to calls, and answer what pages and access rules of calls ask this layer."""
        from calls.access import agent_rules
        from calls.pages import register_departments
        from queueing import receivers, selectors

        receivers.connect()
        register_departments(selectors.department_choices)
        if selectors.may_see_call not in agent_rules:
            agent_rules.append(selectors.may_see_call)
