"""The receptionist hears what the layers below tell."""

from django.apps import AppConfig


class VoicebotConfig(AppConfig):
    """No models: what it keeps is the calls' and the queue's."""

    name = "voicebot"

    def ready(self) -> None:
        """The receivers."""
        from calls.signals import call_ended, person_wanted
        from voicebot.gateway.briefing import on_person_wanted
        from voicebot.gateway.completion import on_call_ended

        person_wanted.connect(on_person_wanted, dispatch_uid="voicebot.briefing")
        call_ended.connect(on_call_ended, dispatch_uid="voicebot.completion")
