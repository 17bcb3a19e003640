"""Entries, offers and transfers."""

import re
from datetime import datetime

from django.db import models
from django.db.models import Q

from calls.models import Call
from common import clock
from queueing.admission import Cause, Rule
from queueing.models.agent import Agent
from queueing.models.department import Department
from queueing.states import (
    ENTRY_HELD,
    ENTRY_OPEN,
    ENTRY_TAKEN,
    FROM_AGENT,
    OFFER_OPEN,
    EntryState,
    OfferOrigin,
    OfferState,
    TransferKind,
    TransferState,
)


class QueueEntry(models.Model):
    """One call's stay in a department. `enqueued_at` is the wait's clock and is never reset."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="entries")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="entries")
    state = models.CharField(max_length=16, choices=EntryState.choices, default=EntryState.WAITING)
    priority = models.SmallIntegerField(default=0)
    enqueued_at = models.DateTimeField(default=clock.now)
    wait_deadline = models.DateTimeField(null=True, blank=True, db_index=True)
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Accepted by the agent who then connected.")
    connect_deadline = models.DateTimeField(null=True, blank=True, db_index=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    agent_lost_at = models.DateTimeField(null=True, blank=True)
    agent_lost_deadline = models.DateTimeField(null=True, blank=True, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    short_abandon = models.BooleanField(default=False)
    cause = models.CharField(
        max_length=20, default="escalated", help_text="escalated, direct, no_ai, ai_full or callback."
    )
    refusal = models.CharField(
        max_length=10, choices=Cause.choices, blank=True, help_text="Why the department sent the caller away or on."
    )
    rule = models.CharField(max_length=10, choices=Rule.choices, blank=True, help_text="What it had for him instead.")
    page_gone = models.BooleanField(default=False, help_text="The customer's page was closed when last looked at.")

    class Meta:
        verbose_name_plural = "queue entries"
        ordering = ["enqueued_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(state__in=sorted(ENTRY_OPEN)), name="one_open_entry_a_call"
            ),
            models.UniqueConstraint(
                fields=["agent"], condition=Q(state__in=sorted(ENTRY_HELD)), name="one_entry_held_an_agent"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(ENTRY_TAKEN)) | Q(agent__isnull=False), name="taken_entry_has_an_agent"
            ),
        ]
        indexes = [
            models.Index(
                fields=["department", "-priority", "enqueued_at", "id"],
                condition=Q(state__in=["waiting", "offering"]),
                name="entry_rank",
            ),
            # The estimate reads the last calls of a department each time somebody is told his wait.
            models.Index(fields=["department", "-ended_at"], condition=Q(state="done"), name="entry_done"),
            # Strategies count an agent's calls of today.
            models.Index(fields=["agent", "connected_at"], name="entry_agent_connected"),
            # Figures of a time go by when callers came.
            models.Index(fields=["enqueued_at"], name="entry_enqueued"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} in {self.department_id}: {self.state}"

    def waited(self, at: datetime | None = None) -> int:
        """Whole seconds waited until answered, left or `at`."""
        until = self.answered_at or self.ended_at or at or clock.now()
        return max(0, int((until - self.enqueued_at).total_seconds()))


class Offer(models.Model):
    """One agent asked to take one entry."""

    entry = models.ForeignKey(QueueEntry, on_delete=models.CASCADE, related_name="offers")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="offers")
    state = models.CharField(max_length=16, choices=OfferState.choices, default=OfferState.PENDING)
    origin = models.CharField(max_length=12, choices=OfferOrigin.choices, default=OfferOrigin.OFFERED)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was declined or rescinded.")
    broadcast = models.BooleanField(default=False, help_text="Rings at several desks; the entry is nobody's meanwhile.")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(state__in=sorted(OFFER_OPEN)), name="one_open_offer_an_agent"
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state__in=sorted(OFFER_OPEN), broadcast=False),
                name="one_open_offer_an_entry",
            ),
            # However many desks it rings at.
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state=OfferState.ACCEPTED), name="one_accepted_offer_an_entry"
            ),
        ]
        # Asking in turn looks for an agent's last offers.
        indexes = [models.Index(fields=["agent", "created_at"], name="offer_agent_created")]

    def __str__(self) -> str:
        return f"offer {self.pk}: {self.state}"

    @property
    def is_from_agent(self) -> bool:
        """Whether another agent, who still has the caller, asks for this one."""
        return self.origin in FROM_AGENT


class Transfer(models.Model):
    """A request to hand a call on to a person, with its reason.

    With a `target` it is an agent's: `entry` is his until the target has the caller, then the target's.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="transfers")
    entry = models.ForeignKey(QueueEntry, on_delete=models.CASCADE, related_name="transfers")
    state = models.CharField(max_length=12, choices=TransferState.choices, default=TransferState.PENDING)
    kind = models.CharField(max_length=10, choices=TransferKind.choices, default=TransferKind.REQUEST)
    target = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="handed_over")
    reason = models.TextField(blank=True)
    requested_by = models.CharField(max_length=160)
    created_at = models.DateTimeField(default=clock.now)
    accepted_by = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    accepted_at = models.DateTimeField(null=True, blank=True)
    conference_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the second agent of a consult may be with the caller, too."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(state=TransferState.PENDING), name="one_pending_transfer_a_call"
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state__in=["accepted", "pending"], target__isnull=False),
                name="one_handover_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(kind=TransferKind.REQUEST, target__isnull=True)
                | ~Q(kind=TransferKind.REQUEST) & Q(target__isnull=False),
                name="handover_has_a_target",
            ),
            models.CheckConstraint(
                condition=Q(conference_at__isnull=True) | Q(kind=TransferKind.CONSULT),
                name="conference_is_of_a_consult",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """`transfer_<n>_<HHMMSS>`, the time in UTC."""
        return f"transfer_{self.pk}_{self.created_at:%H%M%S}"

    @property
    def consult_room(self) -> str:
        """Where the two agents of a consult talk; its caller can have no token for it."""
        return f"consult-{self.call_id}-{self.pk}"

    @staticmethod
    def parse_id(public_id: str) -> int | None:
        """The row's number in a public id, None when it is none."""
        match = re.fullmatch(r"transfer_(\d{1,18})_\d{6}", public_id)
        return int(match[1]) if match else None
