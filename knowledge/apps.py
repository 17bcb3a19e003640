"""Knowledge: articles, what is found in them, and what was not."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    """App configuration."""

    name = "knowledge"
    verbose_name = _("Knowledge")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The index follows the rows; the groups get the rights on them; the demo gets its articles."""
        from knowledge import seeding, services
        from queueing.services import staff
        from queueing.signals import demo_seeded

        services.forget_when_deleted()
        services.recall_when_verified()
        demo_seeded.connect(seeding.seed, dispatch_uid="knowledge")
        # Its own tables' rights are there now only.
        post_migrate.connect(staff.on_migrated, sender=self)
