"""Agents: what they chose, what they do, and the log of both."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common import clock
from queueing.models.department import Department
from queueing.states import Activity, Presence


class Agent(models.Model):
    """A person who takes calls."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agent")
    display_name = models.CharField(
        _("display name"), max_length=120, blank=True, help_text=_("What customers are told.")
    )
    language = models.CharField(
        _("language"), max_length=8, blank=True, help_text=_("Language of the desk and of briefings.")
    )
    languages = models.JSONField(
        _("languages spoken"), default=list, blank=True, help_text=_("With callers. None chosen: any.")
    )
    departments = models.ManyToManyField(
        Department, through="Membership", related_name="agents", verbose_name=_("departments")
    )
    auto_answer = models.BooleanField(
        _("auto-answer"), default=False, help_text=_("Offers are accepted by the desk itself.")
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Off: takes no calls any more."))

    presence = models.CharField(_("presence"), max_length=12, choices=Presence.choices, default=Presence.OFFLINE)
    away_reason = models.CharField(max_length=60, blank=True)
    presence_by = models.CharField(max_length=150, blank=True, help_text="Who chose it, where the agent did not.")
    after_call = models.CharField(
        max_length=12, choices=Presence.choices, blank=True, help_text="Presence to take when the call is over."
    )
    after_call_reason = models.CharField(max_length=60, blank=True)
    activity = models.CharField(_("activity"), max_length=12, choices=Activity.choices, default=Activity.IDLE)
    idle_since = models.DateTimeField(default=clock.now, help_text="Longest idle is asked first.")
    lease_until = models.DateTimeField(null=True, blank=True, db_index=True, help_text="Renewed by an open desk.")
    desk_open = models.BooleanField(default=False, help_text="What the log says last of the lease.")
    wrap_up_until = models.DateTimeField(null=True, blank=True, db_index=True)

    wrap_up_extension = models.PositiveIntegerField(default=0, help_text="Seconds of wrap-up that may still be added.")

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["user__username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What customers are told."""
        return self.display_name or self.user.get_full_name() or self.user.get_username()

    @property
    def username(self) -> str:
        """The public agent id."""
        return self.user.get_username()

    @property
    def identity(self) -> str:
        """The LiveKit identity."""
        return f"agent_{self.username}"


class Membership(models.Model):
    """An agent's place in a department; lower `order` is served first."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("agent"))
    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("department")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Lower is served first."))

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint(fields=["agent", "department"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.department_id}"


class AgentEvent(models.Model):
    """One change of presence or activity; the rows in order are the intervals."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=12, help_text="`presence`, `activity`, `desk` …")
    value = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=160)
    call_id_ref = models.CharField("call", max_length=24, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["agent", "at"], name="agent_event_at"),
            models.Index(fields=["at"], name="agent_event_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
