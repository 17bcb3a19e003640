"""A call, who took part, what was said and what happened."""

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.states import LIVE, AIState, AITask, CallState, EndReason, Language, Resolution, Role, Speaker
from common import clock
from common.ids import random_id


class Customer(models.Model):
    """Somebody who called, known by the email given. A claim, not a proof of identity."""

    email = models.EmailField(_("email"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, blank=True)
    created_at = models.DateTimeField(_("first seen at"), default=clock.now)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.name or self.email


class Call(models.Model):
    """One contact from start to end."""

    id = models.CharField(max_length=24, primary_key=True, default=random_id, editable=False)
    room_name = models.CharField(max_length=64)
    room_label = models.CharField(max_length=64, blank=True, help_text="The name a direct-queue client gave.")
    state = models.CharField(_("state"), max_length=16, choices=CallState.choices, default=CallState.CREATED)
    end_reason = models.CharField(_("end reason"), max_length=20, choices=EndReason.choices, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.EN)
    language_named = models.BooleanField(default=True, help_text="False: nobody has said which, it is the default one.")
    department = models.CharField(max_length=50, blank=True, help_text="The department's slug.")
    channel = models.CharField(max_length=16, default="web")
    video = models.BooleanField(default=False)
    avatar = models.BooleanField(default=False, help_text="The caller wants to see the AI's face.")
    direct_queue = models.BooleanField(
        _("direct queue"), default=False, help_text=_("Straight to people, without an AI.")
    )
    claimed = models.BooleanField(default=True, help_text="False: made by a dispatch, no caller has asked yet.")

    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="calls")
    customer_name = models.CharField(max_length=120, blank=True)
    customer_email = models.EmailField(max_length=254, blank=True)
    verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When a signed customer token proved who the caller is."
    )
    subject = models.CharField(
        max_length=200, blank=True, db_index=True, help_text="The proved customer's number at the integrator's."
    )

    callback_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="followed_by",
        help_text="The call whose caller is called back by this one, or has called again by it.",
    )

    created_at = models.DateTimeField(default=clock.now, db_index=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="First AI or human on the line.")
    ended_at = models.DateTimeField(null=True, blank=True)

    caller_joined_at = models.DateTimeField(null=True, blank=True)
    caller_deadline = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="Past it the caller counts as gone; empty while in the room."
    )

    ai_state = models.CharField(max_length=12, choices=AIState.choices, default=AIState.NONE)
    ai_epoch = models.PositiveIntegerField(default=0, help_text="Fences an AI that comes back late.")
    ai_attempts = models.PositiveIntegerField(default=0, help_text="Dispatches since an AI was last live.")
    ai_job_id = models.CharField(max_length=16, blank=True)
    ai_dispatch_id = models.CharField(max_length=64, blank=True)
    ai_deadline = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="Join deadline, then lease: past it the AI counts as lost."
    )
    ai_task = models.CharField(
        max_length=10, choices=AITask.choices, blank=True, help_text="What its agent left to the AI."
    )
    prompt_version = models.CharField(
        _("prompt version"), max_length=40, blank=True, db_index=True, help_text=_("What the AI spoke by.")
    )
    welcomed_at = models.DateTimeField(null=True, blank=True)

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="calls"
    )
    agent_joined_at = models.DateTimeField(null=True, blank=True)
    on_hold = models.BooleanField(default=False)

    summary = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    mood = models.CharField(max_length=20, blank=True)
    briefing = models.JSONField(default=dict, blank=True, help_text="What the next person reads first.")
    resolution = models.CharField(_("resolution"), max_length=12, choices=Resolution.choices, blank=True)
    completion = models.JSONField(default=dict, blank=True, help_text="Recap by language and what is left to do.")
    notes = models.TextField(blank=True)
    disposition = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["room_name"], condition=Q(state__in=sorted(LIVE)), name="one_live_call_a_room"
            ),
            models.CheckConstraint(
                condition=Q(state=CallState.ENDED, ended_at__isnull=False) & ~Q(end_reason="")
                | ~Q(state=CallState.ENDED) & Q(ended_at__isnull=True, end_reason=""),
                name="ended_call_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state", "-created_at"], name="call_state_created")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The number a person reads out: `ABCD-EFGH`."""
        return f"{self.id[:4]}-{self.id[4:8]}".upper()

    @property
    def is_live(self) -> bool:
        """Whether the call has not ended."""
        return self.state in LIVE

    @property
    def secret(self) -> str:
        """The caller's credential `cs_<id>_<mac>`: derived, never stored, so a copy of the database holds none."""
        mac = hmac.new(settings.SECRET_KEY.encode(), f"call-secret:{self.id}".encode(), hashlib.sha256).hexdigest()
        return f"cs_{self.id}_{mac[:40]}"

    @property
    def caller_identity(self) -> str:
        """The caller's LiveKit identity."""
        return f"customer_{self.id}"

    @property
    def ai_identity(self) -> str:
        """The AI's LiveKit identity, the same at every dispatch, so that a new one evicts a ghost."""
        return f"ai_{self.id}"

    @property
    def display_name(self) -> str:
        """What to call the customer."""
        return self.customer_name or self.customer_email or "Customer"

    def duration(self, at: datetime | None = None) -> int:
        """Whole seconds since the start, up to the end."""
        return max(0, int(((self.ended_at or at or clock.now()) - self.created_at).total_seconds()))


class Participant(models.Model):
    """One stay of somebody in a call's room, keyed by LiveKit's participant SID: reports repeat and overtake."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="participants")
    sid = models.CharField(max_length=64, unique=True)
    identity = models.CharField(max_length=200)
    role = models.CharField(max_length=12, choices=Role.choices)
    name = models.CharField(max_length=120, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    missed_looks = models.PositiveSmallIntegerField(default=0, help_text="Sweeps in a row that did not see it.")

    class Meta:
        indexes = [models.Index(fields=["call", "role"], condition=Q(left_at__isnull=True), name="participant_present")]

    def __str__(self) -> str:
        return self.identity


class TranscriptSegment(models.Model):
    """One finished line of the conversation."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="transcript")
    key = models.CharField(max_length=80, help_text="Names the utterance, so that it is stored once.")
    speaker = models.CharField(max_length=10, choices=Speaker.choices)
    name = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    sources = models.JSONField(
        default=list, blank=True, help_text='Articles the line answers from: [{"id", "slug", "title"}].'
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_segment_an_utterance")]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text[:60]}"


class CallEvent(models.Model):
    """One row of a call's history: `kind` is `<thing>.<what>`, `actor` a user name, `caller`, `ai` or `system`."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=160)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}"


class Feedback(models.Model):
    """What the caller thought of it."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="feedback")
    rating = models.PositiveSmallIntegerField()
    nps = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="rating_one_to_five")]

    def __str__(self) -> str:
        return f"{self.rating}/5"
