"""What came of a scenario: the transcript, and what the database says in the end."""

from dataclasses import dataclass

from calls.models import Call, Feedback, TranscriptSegment
from evals.scenario import Reply
from queueing.models import CallbackRequest, Transfer


@dataclass(frozen=True, slots=True)
class Told:
    """One turn; `seconds` is what the answer took."""

    text: str
    reply: str
    language: str
    actions: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the transcript."""

    speaker: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A transfer."""

    department: str
    reason: str
    state: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A callback or a message."""

    kind: str
    contact: str
    note: str


@dataclass(frozen=True, slots=True)
class Played:
    """All a judge looks at."""

    state: str
    reason: str
    language: str
    department: str
    prompt_version: str
    facts: dict[str, str]
    rating: int | None
    transcript: tuple[Said, ...]
    transfers: tuple[Asked, ...]
    stored: tuple[Stored, ...]
    told: tuple[Told, ...] = ()
    replies: tuple[tuple[Reply, Told], ...] = ()
    derailed: str = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """What was done, in order."""
        return tuple(action for turn in self.told for action in turn.actions)

    def lines_of(self, speaker: str) -> tuple[Said, ...]:
        """The lines of one side."""
        return tuple(line for line in self.transcript if line.speaker == speaker)


def read_call(
    call_id: str, told: tuple[Told, ...] = (), replies: tuple[tuple[Reply, Told], ...] = (), derailed: str = ""
) -> Played:
    """The call as the database has it."""
    call = Call.objects.get(pk=call_id)
    return Played(
        state=call.state,
        reason=call.end_reason,
        language=call.language,
        department=call.department,
        prompt_version=call.prompt_version,
        facts={str(key): str(value) for key, value in call.facts.items()},
        rating=Feedback.objects.filter(call=call).values_list("rating", flat=True).first(),
        transcript=tuple(
            Said(row.speaker, row.text, row.language)
            for row in TranscriptSegment.objects.filter(call=call).order_by("at", "pk")
        ),
        transfers=tuple(
            Asked(row.entry.department.slug, row.reason, row.state)
            for row in Transfer.objects.filter(call=call).select_related("entry__department").order_by("pk")
        ),
        stored=tuple(
            Stored(row.kind, row.contact, row.note) for row in CallbackRequest.objects.filter(call=call).order_by("pk")
        ),
        told=told,
        replies=replies,
        derailed=derailed,
    )
