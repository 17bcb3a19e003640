"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def zone_names() -> tuple[str, ...]:
    """The time zones people choose from."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def validate_zone(name: str) -> None:
    """ValidationError unless it is a time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise ValidationError(_("There is no such time zone.")) from error
