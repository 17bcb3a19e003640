"""What callers leave when nobody comes: a message, or the wish to be called back."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from common import clock
from queueing.models.department import Department
from queueing.states import CALLBACK_LIVE, CALLBACK_OPEN, CallbackState


class CallbackRequest(models.Model):
    """What a caller left. Stored before it is promised.

    A callback falls due at `due_at`; `next_call` is then the call that keeps the promise, or the one its customer made
    himself meanwhile. `enqueued_at` and `priority` are the place in line it keeps.
    """

    class Kind(models.TextChoices):
        """What was left."""

        CALLBACK = "callback", _("callback")
        MESSAGE = "message", _("message")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="callbacks", verbose_name=_("call"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CALLBACK)
    contact = models.CharField(_("contact"), max_length=254, blank=True)
    note = models.TextField(_("note"), blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("department")
    )
    created_at = models.DateTimeField(_("asked at"), default=clock.now)
    state = models.CharField(_("state"), max_length=16, choices=CallbackState.choices, default=CallbackState.STORED)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    chosen_time = models.BooleanField(
        _("time chosen by the customer"), default=False, help_text=_("Otherwise as soon as somebody is free.")
    )
    enqueued_at = models.DateTimeField(_("in line since"), default=clock.now)
    priority = models.SmallIntegerField(_("priority"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    ring_until = models.DateTimeField(null=True, blank=True, db_index=True)
    page_until = models.DateTimeField(null=True, blank=True, help_text="Until then his page counts as open.")
    next_call = models.OneToOneField(
        Call,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="keeps_callback",
        verbose_name=_("calling back"),
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("handled by")
    )

    class Meta:
        verbose_name = _("callback request")
        verbose_name_plural = _("callback requests")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(state__in=sorted(CALLBACK_OPEN)), name="one_open_callback_a_call"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(CALLBACK_LIVE)) | Q(next_call__isnull=False),
                name="live_callback_has_a_call",
            ),
            models.CheckConstraint(
                condition=~Q(state=CallbackState.SCHEDULED) | Q(due_at__isnull=False, next_call__isnull=True),
                name="planned_callback_is_due",
            ),
            models.CheckConstraint(
                condition=Q(state=CallbackState.RINGING, ring_until__isnull=False)
                | ~Q(state=CallbackState.RINGING) & Q(ring_until__isnull=True),
                name="ringing_callback_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.call_id}"

    def place(self, now: datetime) -> datetime:
        """Since when it stands in line: as long as the caller has waited, or from the time he chose."""
        return min(self.enqueued_at, now)
