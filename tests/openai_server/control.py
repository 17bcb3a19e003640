"""What the server is told to do: scripted answers, scripted ears, failures; and what it was asked."""

import threading
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from voicebot.receptionist.chat import Decision, ToolCall

_BESIDE = {"brief", "recap"}


class Failure(StrEnum):
    """Ways to fail.

    HANG never answers; SILENT does so after the headers of a success; CUT ends an answer in the middle; GARBAGE is
    bytes of no format, PAGE a proxy's HTML, EMPTY no byte at all, each under status 200; TRICKLE a good answer, one
    byte every `Control.pace` seconds. Who refuses the connection is not there at all: a port nobody listens on.
    """

    UNAUTHORIZED = "401"
    RATE_LIMITED = "429"
    BROKEN = "500"
    HANG = "hang"
    CUT = "cut"
    SILENT = "silent"
    GARBAGE = "garbage"
    PAGE = "page"
    EMPTY = "empty"
    TRICKLE = "trickle"


@dataclass
class Control:
    """Safe to use from the test's thread while the server runs in its own.

    `requests` are those that were answered, `tried` the endpoints of all.
    """

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    pace: float = 1.0
    _decisions: deque[Decision] = field(default_factory=deque)
    _transcripts: deque[str] = field(default_factory=deque)
    _failures: dict[str, tuple[Failure, int | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, *decisions: Decision | str) -> None:
        """The next chat answers, before the receptionist's rules answer again."""
        self._decisions.extend(item if isinstance(item, Decision) else Decision(item) for item in decisions)

    def hear(self, *texts: str) -> None:
        """The next transcriptions, before the built-in recogniser listens again."""
        self._transcripts.extend(texts)

    def fail(self, failure: Failure, endpoint: str = "*", *, times: int | None = None) -> None:
        """Fail at `endpoint` (chat, transcriptions, speech, models, or all), `times` times or until `recover`."""
        with self._lock:
            self._failures[endpoint] = (failure, times)

    def recover(self) -> None:
        """Work again."""
        with self._lock:
            self._failures.clear()

    def forget(self) -> None:
        """As new: nothing scripted, nothing asked."""
        self.recover()
        for kept in (self.requests, self.tried, self._decisions, self._transcripts):
            kept.clear()

    def asked(self, endpoint: str) -> list[dict[str, Any]]:
        """The requests an endpoint got."""
        return [request for name, request in self.requests if name == endpoint]

    def next_decision(self, tools: Collection[str] = ()) -> Decision | None:
        """The scripted answer whose turn it is.

        A briefing or recap is asked for beside the conversation, at any moment: it takes only what is one.
        """
        decision = self._decisions[0] if self._decisions else None
        if decision is None or _BESIDE & set(tools) != _BESIDE & {call.name for call in decision.calls}:
            return None
        return self._decisions.popleft()

    def next_transcript(self) -> str | None:
        """The scripted hearing whose turn it is."""
        return self._transcripts.popleft() if self._transcripts else None

    def failure(self, endpoint: str) -> Failure | None:
        """How this request shall fail, counted down."""
        with self._lock:
            self.tried.append(endpoint)
            name = endpoint if endpoint in self._failures else "*"
            failure, left = self._failures.get(name, (None, None))
            if failure is not None and left is not None:
                if left <= 1:
                    del self._failures[name]
                else:
                    self._failures[name] = (failure, left - 1)
            return failure

    def apply(self, order: dict[str, Any]) -> None:
        """An order over HTTP: `{"answer": [...], "hear": [...], "fail": {...}, "recover": true}`."""
        self.answer(*map(_decision, order.get("answer", ())))
        self.hear(*order.get("hear", ()))
        if order.get("recover"):
            self.recover()
        if "fail" in order:
            told = order["fail"]
            self.fail(Failure(told["how"]), told.get("endpoint", "*"), times=told.get("times"))


def _decision(told: str | dict[str, Any]) -> Decision | str:
    if isinstance(told, str):
        return told
    calls: Iterable[dict[str, Any]] = told.get("calls", ())
    return Decision(told.get("say", ""), tuple(ToolCall(call["name"], call.get("arguments", {})) for call in calls))
