"""Supervisors in live calls: who listened to or spoke in which call, and when."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from common import clock
from queueing.supervising import (
    SUPERVISION_LIVE,
    SUPERVISION_SPEAKING,
    SupervisionEnd,
    SupervisionState,
)


def supervisor_identity(user: AbstractBaseUser) -> str:
    """The LiveKit identity."""
    return f"supervisor_{user.get_username()}"


class Supervision(models.Model):
    """One supervisor's stay in one call. Each change of it is a row of the call's history."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="supervisions", verbose_name=_("call"))
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="supervisions", verbose_name=_("supervisor")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=SupervisionState.choices, default=SupervisionState.LISTEN
    )
    concealed = models.BooleanField(
        _("concealed"), default=False, help_text=_("The agent was not told of the listening.")
    )
    whisper_room = models.CharField(max_length=64, blank=True, help_text="The room of the present or last whisper.")
    heard_at = models.DateTimeField(
        _("first heard by everybody at"), null=True, blank=True, help_text="From here on the room shows him."
    )
    started_at = models.DateTimeField(_("started at"), default=clock.now)
    changed_at = models.DateTimeField(_("last changed at"), default=clock.now)
    lease_until = models.DateTimeField(null=True, blank=True, db_index=True, help_text="Renewed by the open page.")
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("end reason"), max_length=12, choices=SupervisionEnd.choices, blank=True)

    class Meta:
        verbose_name = _("supervision")
        verbose_name_plural = _("supervisions")
        ordering = ["-started_at", "-id"]
        constraints = [
            # One microphone, one pair of ears.
            models.UniqueConstraint(
                fields=["supervisor"], condition=Q(state__in=sorted(SUPERVISION_LIVE)), name="one_live_supervision"
            ),
            models.UniqueConstraint(
                fields=["call"], condition=Q(state__in=sorted(SUPERVISION_SPEAKING)), name="one_speaks_in_a_call"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(SUPERVISION_LIVE), ended_at__isnull=True, end_reason="")
                | ~Q(state__in=sorted(SUPERVISION_LIVE)) & Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="ended_supervision_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supervisor.get_username()}: {self.get_state_display()}"

    @property
    def identity(self) -> str:
        """The LiveKit identity."""
        return supervisor_identity(self.supervisor)

    @property
    def name(self) -> str:
        """What colleagues call the supervisor."""
        return self.supervisor.get_full_name() or self.supervisor.get_username()
