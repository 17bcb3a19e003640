"""Finding what is known."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from calls.models import Call, TranscriptSegment
from calls.states import CallState, Speaker
from common.prepared import Prepared
from knowledge import index
from knowledge.models import CustomerFact, Passage
from knowledge.passages import answer
from knowledge.ranking import Candidate, rank
from knowledge.wording import terms
from queueing.models import Transfer

LONGEST_QUESTION = 500
ANSWERS = 0.5
"""Half of what is asked, rare words counting more: below it a passage is about something else more often than not."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `score` from 0 to about 1; `answer` is what it says to the question, in a sentence or two."""

    article_id: int
    slug: str
    title: str
    language: str
    heading: str
    text: str
    answer: str
    score: float


def search(
    question: str, *, department: str = "", language: str = "", least: float = 0.0, most: int = 3
) -> tuple[Hit, ...]:
    """The passages that answer the question, best first, one per article.

    Only active articles of active departments; one of `department` (a slug) wins a draw. `language`: in it only.
    """
    asked = terms(question[:LONGEST_QUESTION])
    found = {row.pk: row for row in _readable(language).filter(pk__in=index.find(asked))}
    ranked = rank(asked, [_candidate(row, department) for row in found.values()], _readable(language).count())
    hits: dict[int, Hit] = {}
    for score, key in ranked:
        if score < least or len(hits) == most:
            break
        hits.setdefault(found[key].article_id, _hit(found[key], question, score))
    return tuple(hits.values())


def has_articles() -> bool:
    """Whether there is anything to find."""
    return bool(_ANY())


def _readable(language: str) -> QuerySet[Passage]:
    served = Q(article__department__isnull=True) | Q(article__department__is_active=True)
    rows = Passage.objects.filter(served, article__is_active=True).select_related("article__department")
    return rows.filter(article__language=language) if language else rows


_ANY = Prepared(lambda: _readable("").select_related(None).order_by().values_list("pk")[:1])


def _candidate(row: Passage, department: str) -> Candidate:
    own = row.article.department is not None and row.article.department.slug == department
    return Candidate(row.pk, frozenset(row.heading_terms.split()), frozenset(row.terms.split()), own)


def _hit(row: Passage, question: str, score: float) -> Hit:
    article = row.article
    told = answer(row.text, question)
    return Hit(article.pk, article.slug, article.title, article.language, row.heading, row.text, told, score)


@dataclass(frozen=True, slots=True)
class LastCall:
    """A proved customer's last call; `words` is what he wanted of it, the most telling first."""

    at: datetime
    department: str
    summary: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """What is known of a caller who has proved who he is: his earlier calls so proved, and what he wants remembered."""

    name: str
    calls: int
    last: LastCall | None
    remembered: tuple[str, ...]


def known_customer(call: Call) -> KnownCustomer | None:
    """None for everybody else: a name, an email address or a number proves nothing."""
    if not call.subject:
        return None
    earlier = Call.objects.filter(subject=call.subject, state=CallState.ENDED).exclude(pk=call.pk)
    last = earlier.order_by("-created_at").first()
    facts = CustomerFact.objects.filter(subject=call.subject).order_by("pk").values_list("text", flat=True)
    return KnownCustomer(call.customer_name, earlier.count(), _last(last) if last else None, tuple(facts))


def _last(call: Call) -> LastCall:
    said = TranscriptSegment.objects.filter(call=call, speaker=Speaker.CUSTOMER)
    reasons = Transfer.objects.filter(call=call).order_by("-pk").values_list("reason", flat=True)[:1]
    words = (*reasons, *said.order_by("at", "pk").values_list("text", flat=True)[:_FIRST_LINES])
    return LastCall(call.created_at, call.department, call.summary, words)


_FIRST_LINES = 6
