"""What the AI did, or tried to do, with its tools."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.models.call import Call
from calls.states import ToolOutcome
from common import clock


class ToolUse(models.Model):
    """One use of a tool. Whoever comes with the same `key` gets the stored `result`, and nothing is done again.

    The row is there before anything is done: one left `running` belongs to a process that died, and is not tried again.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="tool_uses")
    key = models.CharField(max_length=64, help_text="Names the use: the caller's turn, the tool and its arguments.")
    turn = models.CharField(max_length=80, help_text="The caller's turn that led to it.")
    at = models.DateTimeField(_("at"), default=clock.now)
    tool = models.CharField(_("tool"), max_length=60)
    arguments = models.JSONField(_("arguments"), default=dict, help_text="Without card numbers and passwords.")
    outcome = models.CharField(_("outcome"), max_length=10, choices=ToolOutcome.choices, default=ToolOutcome.RUNNING)
    result = models.JSONField(_("result"), default=dict)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("tool use")
        verbose_name_plural = _("tool uses")
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="one_use_a_key"),
            models.UniqueConstraint(
                fields=["call"], condition=Q(outcome=ToolOutcome.ASKED), name="one_open_question_a_call"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool}: {self.outcome}"


class ToolCount(models.Model):
    """How many uses of a tool came to that outcome: a Prometheus counter, counted with each, whatever is deleted."""

    tool = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=ToolOutcome.choices)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tool", "outcome"], name="one_count_of_an_outcome")]

    def __str__(self) -> str:
        return f"{self.tool} {self.outcome}: {self.count}"
