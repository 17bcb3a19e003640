"""The receptionist hears what the layers below tell."""

from django.apps import AppConfig


class VoicebotConfig(AppConfig):
    """No models: what it keeps is the calls' and the queue's."""

    name = "voicebot"

    def ready(self) -> None:
        """The receivers."""
        from calls.signals import person_wanted
        from voicebot.gateway.briefing import on_person_wanted

        person_wanted.connect(on_person_wanted, dispatch_uid="voicebot.briefing")
