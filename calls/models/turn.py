"""How quickly the AI answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.call import Call
from calls.states import TurnChannel
from common import clock


class Turn(models.Model):
    """One turn of the caller and the AI's reply, in milliseconds. Empty: that part was not needed or not measured.

    `end_of_turn_ms` and `stt_ms` count from the end of the caller's speech, beside each other: until the turn is taken
    for over, and until its words are there. `llm_ms` is the model's time to its first word, `tts_ms` the voice's from
    its first text to its first sound; both may begin before the turn is over. `reply_ms` is what the caller waits: from
    the end of his speech, or his message's arrival, to the first sound that goes out to him.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="turns")
    key = models.CharField(max_length=80, help_text="Names the reply, so that it is stored once.")
    at = models.DateTimeField(_("at"), default=clock.now, db_index=True)
    channel = models.CharField(_("channel"), max_length=8, choices=TurnChannel.choices)
    language = models.CharField(_("language"), max_length=8, blank=True)
    provider = models.CharField(_("provider"), max_length=40, blank=True)
    interrupted = models.BooleanField(_("interrupted"), default=False)
    end_of_turn_ms = models.PositiveIntegerField(_("end of turn"), null=True, blank=True)
    stt_ms = models.PositiveIntegerField(_("speech to text"), null=True, blank=True)
    llm_ms = models.PositiveIntegerField(_("model"), null=True, blank=True)
    tts_ms = models.PositiveIntegerField(_("text to speech"), null=True, blank=True)
    reply_ms = models.PositiveIntegerField(_("reply"))

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_turn_a_reply")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reply_ms} ms"


class TurnBucket(models.Model):
    """How many turns' `stage` took at most `le_ms`: the buckets of a Prometheus histogram, which only ever grow.

    Counted with each turn, so that a scrape reads a few rows however many turns there have been. The widest bucket
    (`EVERY`) has every turn, and the sum of their times.
    """

    EVERY = 2_147_483_647

    provider = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, blank=True)
    channel = models.CharField(max_length=8, choices=TurnChannel.choices)
    stage = models.CharField(max_length=16)
    le_ms = models.PositiveIntegerField()
    count = models.PositiveBigIntegerField(default=0)
    sum_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "language", "channel", "stage", "le_ms"], name="one_bucket_of_its_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stage} <= {self.le_ms} ms: {self.count}"
