"""The event log: what was told to whom, numbered."""

from typing import Any

from django.db import models


class Stream(models.Model):
    """A numbered series of messages for one agent (`agent:<user name>`) or one call (`call:<id>`)."""

    name = models.CharField(max_length=200, primary_key=True)
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class StreamEvent(models.Model):
    """One stored message of a stream."""

    stream = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="stream_event_seq")]

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq} {self.type}"

    def message(self) -> dict[str, Any]:
        """The message as sockets send it."""
        return {"type": self.type, "seq": self.seq, **self.payload}
