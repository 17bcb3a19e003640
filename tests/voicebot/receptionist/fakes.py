"""A product in memory for the receptionist: one call, its lines, its place in the queue."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from calls.states import CallState, Speaker, ToolOutcome
from tests.voicebot.receptionist.cast import carol
from voicebot.receptionist.chat import Decision
from voicebot.receptionist.engine import EngineError, Prompt
from voicebot.receptionist.facts import CallFacts, Question
from voicebot.receptionist.ports import (
    CallUnknown,
    DepartmentStatus,
    GatewayError,
    Line,
    Passage,
    Promised,
    QueueClosed,
    QueuePlace,
    Source,
    StoredUse,
    TurnNews,
)


@dataclass
class FakeGateway:
    call: CallFacts = field(default_factory=carol)
    lines: list[Line] = field(default_factory=list)
    closed: frozenset[str] = frozenset()
    error: GatewayError | None = None
    escalations: list[dict] = field(default_factory=list)
    callbacks: list[tuple[str, str]] = field(default_factory=list)
    due: list[datetime | None] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    facts_noted: dict[str, str] = field(default_factory=dict)
    news: list[TurnNews] = field(default_factory=list)
    ratings: list[int] = field(default_factory=list)
    passages: tuple[Passage, ...] = ()
    status: DepartmentStatus = field(default_factory=lambda: DepartmentStatus(None, True, 120))
    unanswered: list[str] = field(default_factory=list)
    remembered: dict[str, str] = field(default_factory=dict)
    now: datetime = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
    opens: datetime = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
    uses: dict[str, dict] = field(default_factory=dict)
    briefed: list[tuple[str, str]] = field(default_factory=list)
    recaps: list[tuple[str, str]] = field(default_factory=list)
    ended: int = 0
    left: int = 0

    async def facts(self, call_id: str) -> CallFacts:
        if call_id != self.call.call_id:
            raise CallUnknown(call_id)
        return self.call

    async def history(self, call_id: str, *, limit: int = 40) -> tuple[Line, ...]:
        return tuple(self.lines[-limit:])

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
        self.lines.append(Line(segment or str(len(self.lines)), speaker, text, language, name, sources=sources))
        return self.lines[-1]

    async def set_language(self, call_id: str, language: str) -> None:
        self._fail()
        self.call = replace(self.call, language=language)

    async def note_fact(self, call_id: str, key: str, value: str) -> None:
        self._fail()
        self.facts_noted[key] = value

    async def escalate(
        self, call_id: str, *, reason: str, department: str | None = None, summary: str = "", mood: str = ""
    ) -> QueuePlace:
        self._fail()
        chosen = department or self.call.department or "support"
        if chosen in self.closed:
            raise QueueClosed(chosen)
        self.escalations.append({"reason": reason, "department": department, "summary": summary, "mood": mood})
        self.call = replace(self.call, state=CallState.WAITING, department=chosen, queue_position=1, estimated_wait=300)
        return QueuePlace(chosen, 1, 300, "transfer_1_101010")

    async def rate(self, call_id: str, rating: int) -> None:
        self._fail()
        self.ratings.append(rating)

    async def recap(self, call_id: str, *, recap: str, follow_up: str) -> None:
        self.recaps.append((recap, follow_up))

    async def rebrief(self, call_id: str, *, summary: str, mood: str) -> None:
        self._fail()
        self.briefed.append((summary, mood))

    async def queue_place(self, call_id: str) -> QueuePlace | None:
        if not self.call.waiting:
            return None
        return QueuePlace(self.call.department or "support", self.call.queue_position, self.call.estimated_wait)

    async def leave_queue(self, call_id: str) -> None:
        self._fail()
        self.left += 1
        self.call = replace(self.call, state=CallState.AI, queue_position=None)

    async def store_callback(
        self, call_id: str, *, contact: str, note: str = "", due_at: datetime | None = None
    ) -> Promised:
        self._fail()
        self.callbacks.append((contact, note))
        self.due.append(due_at)
        return Promised(due_at or self.opens, self.now, chosen=due_at is not None)

    async def store_message(self, call_id: str, *, message: str, contact: str = "") -> None:
        self._fail()
        self.messages.append(message)

    async def end_call(self, call_id: str) -> None:
        self.ended += 1
        self.call = replace(self.call, state=CallState.ENDED)

    async def begin_use(
        self, call_id: str, *, key: str, turn: str, tool: str, arguments: dict[str, str], cap: int | None
    ) -> StoredUse | None:
        if (found := self.uses.get(key)) is not None:
            return StoredUse(key, found["outcome"], found["result"])
        if cap is not None and sum(use["tool"] == tool for use in self.uses.values()) >= cap:
            return None
        self.uses[key] = {"tool": tool, "arguments": arguments, "outcome": ToolOutcome.RUNNING, "result": {}}
        return StoredUse(key, ToolOutcome.RUNNING, {}, new=True)

    async def settle_use(self, call_id: str, key: str, outcome: ToolOutcome, result: dict) -> None:
        self.uses[key] |= {"outcome": outcome, "result": result}
        if outcome == ToolOutcome.ASKED:
            question = Question(key, self.uses[key]["tool"], self.uses[key]["arguments"])
            self.call = replace(self.call, question=question)

    async def answer_use(self, call_id: str, key: str, outcome: ToolOutcome) -> bool:
        self.call = replace(self.call, question=None)
        asked = bool(self.uses[key]["outcome"] == ToolOutcome.ASKED)
        self.uses[key]["outcome"] = outcome
        return asked

    async def department_status(self, department: str) -> DepartmentStatus:
        self._fail()
        return self.status

    async def look_up(self, call_id: str, question: str) -> tuple[Passage, ...]:
        self._fail()
        return self.passages

    async def note_unanswered(self, call_id: str, question: str) -> None:
        self._fail()
        self.unanswered.append(question)

    async def remember(self, call_id: str, fact: str, *, consent: str) -> None:
        self._fail()
        self.remembered[fact] = consent

    async def forget(self, call_id: str) -> None:
        self._fail()
        self.remembered.clear()
        self.call = replace(self.call, known=None)

    async def publish_turn(self, call_id: str, news: TurnNews) -> None:
        self.news.append(news)

    def _fail(self) -> None:
        if self.error:
            raise self.error


@dataclass
class ScriptedEngine:
    """Gives the decisions one after the other; an exception in the list is raised."""

    script: list[Decision | EngineError]
    prompts: list[Prompt] = field(default_factory=list)

    async def complete(self, prompt: Prompt) -> Decision:
        self.prompts.append(prompt)
        step = self.script.pop(0)
        if isinstance(step, EngineError):
            raise step
        return step
