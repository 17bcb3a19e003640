"""What the receptionist knows about a call: frozen, plain, passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from calls.states import CallState
from queueing.hours import Hours, Weekly

FALLBACK_LANGUAGE = "en"
CALLBACK, MESSAGE = "callback", "message"


def localised(texts: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in English, else any; empty when there is none."""
    return texts.get(language) or texts.get(FALLBACK_LANGUAGE) or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Faq:
    """A frequent question: its wordings and its answer, by language."""

    questions: Mapping[str, tuple[str, ...]]
    answer: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a department with opening hours is open `at` a moment, and when next (None: not within a year).

    Both are in the department's own time zone; `week` is its usual one.
    """

    is_open: bool
    at: datetime
    opens: datetime | None = None
    week: tuple[Weekly, ...] = ()


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """When the department calls back; `now` is in its time zone."""

    hours: Hours
    now: datetime


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """Who answers and speaks in a department's calls; what is empty is as for the installation."""

    provider: str = ""
    speaker: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    """A department as a caller may hear of it. Without `opening` it is always open.

    `welcome_in`: the languages it welcomes in who has named none; none: as for the installation.
    """

    slug: str
    name: Mapping[str, str]
    description: Mapping[str, str] = field(default_factory=dict)
    ai_first: bool = True
    faqs: tuple[Faq, ...] = ()
    is_default: bool = False
    synonyms: tuple[str, ...] = ()
    opening: Opening | None = None
    voice: VoiceChoice = VoiceChoice()
    welcome_in: tuple[str, ...] = ()

    def label(self, language: str) -> str:
        """The name as the sentences take it: the Arabic ones say the word department themselves."""
        return localised(self.name, language).removeprefix("قسم ") or self.slug


@dataclass(frozen=True, slots=True)
class Question:
    """What the caller was asked before a tool does it: its use, by `key`, with its arguments."""

    key: str
    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """A caller who has proved who he is, by a token his own account's server signed.

    `calls` counts his earlier calls; `topics` says by language what the last one was about, `summary` in more words.
    """

    name: str
    calls: int = 0
    topics: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    remembered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call at one moment; `estimated_wait` is in seconds.

    `avatar`: the caller wants to see a face.
    `queue_outcome` says why the caller came back from the queue without a person:
    "" (did not), "timed_out", "closed", "full" or "unstaffed"; `queue_offer` is what is offered instead: "either",
    "message", "callback" or "ai_only", `refused_by` the department. `callback`: None where no
    time can be chosen for one. `task` is what an agent who gave the caller back left to do: "finish" or "survey".
    `articles`: whether the company has any to look into. `known`: None unless the caller has proved who he is.
    `greet_in`: the other languages to welcome a caller in who has named none.
    `today`, `order_pattern` and `phone_region` are what details are read by.
    `done`: the tools that have done something in this call. `staff_language`: the name of the agents' language.
    """

    call_id: str
    company: str
    language: str
    state: CallState = CallState.AI
    caller_name: str = ""
    contact: str = ""
    department: str | None = None
    departments: tuple[DepartmentFacts, ...] = ()
    queue_position: int | None = None
    estimated_wait: int | None = None
    resumed: bool = False
    avatar: bool = False
    voice: str = "offline"
    queue_outcome: str = ""
    queue_offer: str = "either"
    refused_by: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    task: str = ""
    callback: CallbackRules | None = None
    greet_in: tuple[str, ...] = ()
    question: Question | None = None
    done: frozenset[str] = frozenset()
    articles: bool = False
    staff_language: str = "English"
    order_pattern: str = ""
    phone_region: str = ""
    today: date = date.min
    known: KnownCaller | None = None

    @property
    def may_leave(self) -> frozenset[str]:
        """What the caller may leave: a department that has refused him says what it offers instead."""
        both = frozenset({CALLBACK, MESSAGE})
        if not self.queue_outcome or self.waiting:
            return both
        return {CALLBACK: frozenset({CALLBACK}), MESSAGE: frozenset({MESSAGE}), "ai_only": frozenset[str]()}.get(
            self.queue_offer, both
        )

    @property
    def waiting(self) -> bool:
        return self.state == CallState.WAITING

    @property
    def over(self) -> bool:
        return self.state == CallState.ENDED

    def department_named(self, slug: str | None) -> DepartmentFacts | None:
        return next((item for item in self.departments if item.slug == slug), None)

    @property
    def own_department(self) -> DepartmentFacts | None:
        """The department the call is in, else the default one, else the first."""
        default = next((item for item in self.departments if item.is_default), None)
        return self.department_named(self.department) or default or next(iter(self.departments), None)
