"""Which voices a department may choose: those of the installation's settings, and what each of them lacks."""

from django.conf import settings
from django.utils.translation import gettext

BUILT_IN = "offline"


def choices(kind: str) -> list[tuple[str, str]]:
    """For a form; `kind` is "voices" (who answers) or "speakers" (who speaks)."""
    return [
        ("", gettext("As for the installation")),
        *((name, _label(kind, name)) for name in settings.VOICE_PARTS[kind]),
    ]


def _label(kind: str, name: str) -> str:
    # A brand is the same in every language; ours is not one.
    return gettext("Built-in") if name == BUILT_IN else str(settings.VOICE_PARTS[kind][name][0])


def problem(kind: str, name: str) -> str:
    """Why it cannot be used here, as a sentence; empty when it can."""
    label, needs = settings.VOICE_PARTS[kind][name]
    lacking = [[variable for variable in together if not getattr(settings, variable)] for together in needs]
    if not lacking or not all(lacking):
        return ""
    told = {"name": label, "variables": ", ".join(lacking[0])}
    return gettext("%(name)s is not set up on this installation: %(variables)s is missing.") % told
