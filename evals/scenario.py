"""What a scenario says, as typed values, read from YAML with every mistake named by its place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from calls.states import CallState, EndReason
from queueing.admission import Rule

FOLDER = Path(__file__).parent / "scenarios"
ACTS = ("say", "silence", "press", "agent", "hang_up", "ai_lost")
AgentAct = Literal["comes", "accepts", "declines", "hangs_up", "gives_back", "asks_for_rating"]
_STRICT = ConfigDict(extra="forbid")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: what a caller says may well be "yes" or "no"."""


_BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(?:true|false)$"), list("tf"))


class BadScenario(ValueError):
    """A file that is no scenario; the message names the file, the scenario and each mistake with its place."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Caller:
    """Who calls. Without an email there is nothing known to call back."""

    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class House:
    """The demo's company on that day: who sits at a desk, what is closed, and what a department has instead."""

    at_desk: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    instead: Rule = Rule.EITHER
    at: datetime = datetime.fromisoformat("2026-11-16T10:00:00+03:00")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Reply:
    """What one reply must be. Texts are looked for without regard to case."""

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    actions: tuple[str, ...] | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Step:
    """One thing that happens, exactly one of ACTS; `silence` in seconds, which pass for the whole company.

    `noise` (0 to 1, beside a voice of 1) and `interrupt` (seconds into the reply before) are for sound only. A step
    with `unless` is left out once the call is in that state: a model may need one question more than the rules.
    """

    say: str | None = None
    silence: float = 0.0
    press: Literal["person", ""] = ""
    agent: AgentAct | Literal[""] = ""
    hang_up: bool = False
    ai_lost: bool = False
    times: int = 1
    noise: float = 0.0
    interrupt: float | None = None
    unless: CallState | None = None
    reply: Reply | None = None

    @model_validator(mode="after")
    def one_act(self) -> "Step":
        """Refuse a step that does nothing, or two things."""
        acts = [name for name in ACTS if getattr(self, name) not in (None, "", 0, False)]
        acts += ["say"] if self.say == "" else []
        if len(acts) != 1:
            raise ValueError(f"a step is one of {', '.join(ACTS)}; this one has {' and '.join(acts) or 'none'}")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class Person:
    """A transfer asked for."""

    department: str = ""
    reason: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Left:
    """A callback or message that was stored; texts must be contained in it."""

    contact: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Expected:
    """What must be so at the end. What is left out is not looked at; `false` says that there must be none."""

    state: CallState | None = None
    reason: EndReason | None = None
    language: str = ""
    department: str | None = None
    transfer: Person | bool | None = None
    callback: Left | bool | None = None
    message: Left | bool | None = None
    facts: dict[str, str] = field(default_factory=dict)
    rating: int | None = None
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    caller_languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class Scenario:
    """One caller. `judge` are sentences a language model decides true or false of the transcript."""

    name: str
    persona: str
    goal: str
    steps: tuple[Step, ...]
    expect: Expected
    language: str = "en"
    caller: Caller = field(default_factory=Caller)
    house: House = field(default_factory=House)
    judge: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    nightly: bool = False

    def __str__(self) -> str:
        return self.name


_READER = TypeAdapter(Scenario)


def read_scenarios(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """Every scenario of a folder, by file and place in it. Raises BadScenario."""
    found = [item for path in sorted(folder.rglob("*.yaml")) for item in read_file(path)]
    names = [item.name for item in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadScenario(f"{folder}: the name {twice[0]!r} is given twice")
    return tuple(found)


def read_file(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of one file, parted by `---`. Raises BadScenario."""
    return tuple(_read(path.name, number, data) for number, data in enumerate(_documents(path), 1))


def _documents(path: Path) -> Iterator[object]:
    try:
        yield from (data for data in yaml.load_all(path.read_text(encoding="utf-8"), _Loader) if data is not None)
    except yaml.YAMLError as error:
        raise BadScenario(f"{path.name}: no YAML: {' '.join(str(error).split())}") from error


def _read(file: str, number: int, data: object) -> Scenario:
    try:
        return _READER.validate_python(data)
    except ValidationError as error:
        name = data.get("name", "") if isinstance(data, dict) else ""
        raise BadScenario(f"{file}, scenario {number} {name}: {'; '.join(_mistakes(error))}") from error


def _mistakes(error: ValidationError) -> Iterable[str]:
    for mistake in error.errors():
        place = ".".join(str(part) for part in mistake["loc"]) or "the scenario"
        yield f"{place}: {mistake['msg']}"
