"""Rows that keep the machinery honest: webhook inbox, heartbeats, company settings."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from common import clock


def valid_pattern(value: str) -> None:
    """ValidationError for what is no regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValidationError(_("This is not a regular expression.")) from error


class WebhookDelivery(models.Model):
    """A LiveKit webhook taken once: the unique event id makes a repeat change nothing."""

    event_id = models.CharField(max_length=80, unique=True)
    event = models.CharField(max_length=40)
    room_name = models.CharField(max_length=128, blank=True)
    received_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"


class Heartbeat(models.Model):
    """A process says that it lives: `kind` is `voicebot` or `celery`. A `provider` of the voice was seen to fail."""

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=120)
    seen_at = models.DateTimeField(db_index=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_heartbeat_a_process")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Company(models.Model):
    """The one row of settings an administrator changes while the system runs."""

    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Empty: COMPANY_NAME from the environment.")
    )
    public_api = models.BooleanField(_("public"), default=True, help_text=_("Off: starting a call needs an API key."))
    phone_region = models.CharField(
        _("country of phone numbers"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Two capital letters, as in SA or DE."))],
        help_text=_("For numbers without a country's code: two letters, as in SA. Empty: they are kept as given."),
    )
    order_pattern = models.CharField(
        _("form of order numbers"),
        max_length=100,
        blank=True,
        validators=[valid_pattern],
        help_text=_("A regular expression in capitals. Empty: 3 to 20 letters, digits or hyphens, one digit at least."),
    )
    admissions = models.BigIntegerField(default=0, editable=False, help_text="Calls that asked for an AI.")

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("company")

    def __str__(self) -> str:
        return self.name or "Company"
