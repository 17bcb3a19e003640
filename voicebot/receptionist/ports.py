"""What the receptionist needs of the rest of the product, as Protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from calls.states import AILeft, CallState, Speaker, ToolOutcome, TurnChannel
from voicebot.receptionist.facts import CallFacts, Opening


class GatewayError(Exception):
    """The product could not do it; the message is for logs."""


class CallUnknown(GatewayError):
    """There is no such call."""


class WrongState(GatewayError):
    """The state of the call, or of its place in line, does not allow it; `state` is what it is."""

    def __init__(self, state: str) -> None:
        super().__init__(f"wrong state: {state}")
        self.state = state


class CallOver(WrongState):
    """The call has ended."""

    def __init__(self) -> None:
        super().__init__(CallState.ENDED)


class QueueClosed(GatewayError):
    """The department takes nobody: `cause` and `offer` as `CallFacts.queue_outcome` and `queue_offer`."""

    def __init__(self, department: str, cause: str = "closed", offer: str = "either") -> None:
        super().__init__(f"{cause}: {department}")
        self.department = department
        self.cause = cause
        self.offer = offer


class Unavailable(GatewayError):
    """A dependency is down; trying again may help."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article as a transcript line cites it."""

    id: str
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article that speaks of a question; `answer` is what it says to it, in a sentence or two."""

    source: Source
    language: str
    heading: str
    text: str
    answer: str
    score: float


@dataclass(frozen=True, slots=True)
class DepartmentStatus:
    """A department at this moment. `opening` None: always open; `wait`: seconds of who would get in line now."""

    opening: Opening | None
    staffed: bool
    wait: int


@dataclass(frozen=True, slots=True)
class Line:
    """One stored transcript line; `key` names the utterance, whichever AI of the call reads it.

    `sources`: the articles it answers from.
    """

    id: str
    speaker: Speaker
    text: str
    language: str
    name: str = ""
    at: datetime | None = None
    key: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredUse:
    """One use of a tool as it is stored: `new`, or claimed before; `result` is its `ToolResult` once it is settled."""

    key: str
    outcome: ToolOutcome
    result: Mapping[str, Any]
    new: bool = False


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A call's place in a department's queue; without a position an agent is being connected. Waits are seconds."""

    department: str
    position: int | None
    estimated_wait: int | None
    transfer_id: str = ""


@dataclass(frozen=True, slots=True)
class Promised:
    """A stored callback: from when on, or at which time the caller `chose`; in the department's time, as `now` is."""

    due: datetime
    now: datetime
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class TurnNews:
    """A turn taken over HTTP, for the AI live in the room."""

    turn_id: str
    user_text: str
    user_language: str
    reply: str
    reply_language: str
    actions: tuple[str, ...] = ()
    ends_call: bool = False

    def payload(self, call_id: str) -> dict[str, Any]:
        """The data message of topic `callcenter.turn`."""
        return {
            "call_id": call_id,
            "turn_id": self.turn_id,
            "user": {"text": self.user_text, "language": self.user_language},
            "reply": {"text": self.reply, "language": self.reply_language},
            "actions": list(self.actions),
            "ends_call": self.ends_call,
        }


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the worker learns at each heartbeat. `alive` is False once a newer AI is dispatched or the call is over.

    `queue_refusal` numbers the refusals (`refused_by`, a department) that nobody has told the caller yet: another
    number is news. `announce_seconds`: how often a waiting caller is told his place, 0 for better ones only.
    """

    alive: bool
    state: CallState
    language: str = "en"
    department: str = ""
    queue_position: int | None = None
    estimated_wait: int | None = None
    agent_name: str = ""
    accepted: bool = False
    queue_outcome: str = ""
    queue_offer: str = "either"
    queue_refusal: int = 0
    refused_by: str = ""
    announce_seconds: int = 0
    supervisor_speaks: bool = False


class Gateway(Protocol):
    """The product as the receptionist's tools and `converse` see it. Everything raises GatewayError subclasses only."""

    async def facts(self, call_id: str) -> CallFacts: ...

    async def history(self, call_id: str, *, limit: int = 40) -> tuple[Line, ...]:
        """The last lines, oldest first."""
        ...

    async def add_line(
        self,
        call_id: str,
        *,
        speaker: Speaker,
        text: str,
        language: str,
        name: str = "",
        segment: str = "",
        sources: tuple[Source, ...] = (),
    ) -> Line:
        """Store and publish one final line. The same `segment` twice is one line."""
        ...

    async def set_language(self, call_id: str, language: str) -> None: ...

    async def note_fact(self, call_id: str, key: str, value: str) -> None: ...

    async def escalate(
        self, call_id: str, *, reason: str, department: str | None = None, summary: str = "", mood: str = ""
    ) -> QueuePlace:
        """Put the call into a department's human queue; already there: its place. Raises QueueClosed, WrongState.

        The agents' briefing is stored first: a model's `summary` and `mood` (`calls.states.Mood`), else the rules' own.
        """
        ...

    async def recap(self, call_id: str, *, recap: str, follow_up: str) -> None:
        """A model's words of what a call that has ended came to, in the caller's language; `follow_up` may be empty."""
        ...

    async def rebrief(self, call_id: str, *, summary: str, mood: str) -> None:
        """A model's words in place of the rules' briefing, told to the desks while nobody has the call."""
        ...

    async def queue_place(self, call_id: str) -> QueuePlace | None: ...

    async def leave_queue(self, call_id: str) -> None:
        """Give the place in line up and stay with the AI. Raises WrongState: not in line, or taken by an agent."""
        ...

    async def store_callback(
        self, call_id: str, *, contact: str, note: str = "", due_at: datetime | None = None
    ) -> Promised:
        """What is promised is what was stored. Raises WrongState: an agent has just taken the call."""
        ...

    async def store_message(self, call_id: str, *, message: str, contact: str = "") -> None: ...

    async def rate(self, call_id: str, rating: int) -> None:
        """Store the caller's rating, 1 to 5; rated already is fine."""
        ...

    async def end_call(self, call_id: str) -> None:
        """End the call on the AI's side; ended already is fine."""
        ...

    async def begin_use(
        self, call_id: str, *, key: str, turn: str, tool: str, arguments: dict[str, str], cap: int | None
    ) -> StoredUse | None:
        """Claim one use of a tool; None where turn, call or tool (`cap` uses) has had enough."""
        ...

    async def settle_use(self, call_id: str, key: str, outcome: ToolOutcome, result: dict[str, Any]) -> None:
        """Store what came of a use; settled already is fine."""
        ...

    async def answer_use(self, call_id: str, key: str, outcome: ToolOutcome) -> bool:
        """The caller has answered the question of a use. False: it is not open any more."""
        ...

    async def department_status(self, department: str) -> DepartmentStatus:
        """Who is at work in a department, and the wait, now. GatewayError where there is none of that key."""
        ...

    async def look_up(self, call_id: str, question: str) -> tuple[Passage, ...]:
        """The passages of the company's articles that speak of the question, best first; none: nothing is known."""
        ...

    async def note_unanswered(self, call_id: str, question: str) -> None:
        """Keep a question that could not be answered, for whoever writes the articles."""
        ...

    async def remember(self, call_id: str, fact: str, *, consent: str) -> None:
        """Keep a fact of a caller who has proved who he is, and agreed to it."""
        ...

    async def forget(self, call_id: str) -> None:
        """Delete what is remembered of a caller who has proved who he is."""
        ...

    async def publish_turn(self, call_id: str, news: TurnNews) -> None:
        """Tell the AI live in the room of a turn taken elsewhere; nobody there is fine."""
        ...


@dataclass(frozen=True, slots=True)
class MeasuredTurn:
    """How long one turn took, `milliseconds` by stage as `calls.models.Turn` has them; `key` names the reply."""

    key: str
    channel: TurnChannel
    language: str
    provider: str
    interrupted: bool
    milliseconds: dict[str, int | None]


class WorkerGateway(Gateway, Protocol):
    """What only the voice worker needs; fenced by `epoch`."""

    async def begin(self, call_id: str, epoch: int) -> bool:
        """The AI has joined the room. False: a newer one was dispatched, or the call needs none."""
        ...

    async def arrived(self, call_id: str, *, sid: str) -> None:
        """The AI was in the room, as participant `sid`, before there was a call: nobody else reports that."""
        ...

    async def heartbeat(self, call_id: str, epoch: int) -> Pulse: ...

    async def welcomed(self, call_id: str, epoch: int) -> None:
        """The welcome has begun: from here on only the caller changes the language."""
        ...

    async def left(self, call_id: str, epoch: int, *, reason: AILeft) -> None:
        """The AI leaves; after a failure another one, or a person, is found."""
        ...

    async def add_turn(self, call_id: str, turn: MeasuredTurn) -> None:
        """Store how long a turn took. The same `key` twice is one turn."""
        ...

    async def worker_alive(self, name: str, **data: object) -> None:
        """The worker process says that it lives."""
        ...

    async def provider_news(self, *, part: str, provider: str, seconds: float, error: str) -> None:
        """A provider failed and is left alone for `seconds`; for none: it is back."""
        ...

    async def resting_providers(self) -> list[tuple[str, str, float]]:
        """Part, provider and seconds left, as all calls have found out."""
        ...
