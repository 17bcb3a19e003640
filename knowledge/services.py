"""Writing articles, and keeping what could not be answered."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.signals import post_delete

from calls import signals
from calls.models import Call, ToolUse
from calls.services.history import record
from common import clock
from common.errors import Invalid
from common.service import service
from knowledge import index
from knowledge.importing import Draft
from knowledge.models import Article, CustomerFact, Passage, Unanswered
from knowledge.passages import Part, parts_of
from knowledge.wording import terms
from queueing.models import Department

_LONGEST_QUESTION = 1000
_CONTENT = ("title", "language", "department_id", "body", "is_active")


@service
def save_article(article: Article) -> Article:
    """Store a new or changed article, its passages with it: what is found is always what stands there."""
    article.updated_at = clock.now()
    article.save()
    _forget_passages(article)
    rows = [_passage(article, position, part) for position, part in enumerate(parts_of(article.body))]
    index.put((row.pk, row.terms) for row in Passage.objects.bulk_create(rows))
    return article


def _passage(article: Article, position: int, part: Part) -> Passage:
    heading = terms(f"{article.title} {part.heading}")
    return Passage(
        article=article,
        position=position,
        heading=part.heading[:300],
        text=part.text,
        heading_terms=" ".join(heading),
        terms=" ".join(dict.fromkeys((*heading, *terms(part.text)))),
    )


def _forget_passages(article: Article) -> None:
    Passage.objects.filter(article=article).delete()


def forget_when_deleted() -> None:
    """Called once, when the app is ready: whatever deletes a passage takes it out of the index."""
    post_delete.connect(_passage_deleted, sender=Passage, dispatch_uid="knowledge")


def _passage_deleted(sender: object, instance: Passage, **kwargs: object) -> None:
    index.remove([instance.pk])


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, by slug."""

    made: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]


@service
def import_articles(drafts: Iterable[Draft]) -> Imported:
    """Store drafts under their slugs, all or none; one that changes nothing is left alone."""
    departments = {row.slug: row for row in Department.objects.all()}
    done: dict[str, list[str]] = {"made": [], "changed": [], "same": []}
    for draft in drafts:
        department = departments[draft.department] if draft.department else None
        done[_take(draft, department)].append(draft.slug)
    return Imported(tuple(done["made"]), tuple(done["changed"]), tuple(done["same"]))


def _take(draft: Draft, department: Department | None) -> str:
    article = Article.objects.filter(slug=draft.slug).first()
    made = article is None
    article = article or Article(slug=draft.slug)
    before = [getattr(article, name) for name in _CONTENT]
    article.title, article.language, article.body = draft.title, draft.language, draft.body
    article.department, article.is_active = department, draft.active
    if not made and before == [getattr(article, name) for name in _CONTENT]:
        return "same"
    save_article(article)
    return "made" if made else "changed"


@service
def note_unanswered(call: Call, question: str, *, actor: str) -> None:
    """Keep a question nobody could answer, once a call."""
    question = " ".join(question.split())[:_LONGEST_QUESTION]
    if not question:
        return
    told = {"language": call.language, "department": call.department}
    _, new = Unanswered.objects.get_or_create(call=call, question=question, defaults=told)
    if new:
        record(call, "question.unanswered", actor)


@service
def settle(questions: Iterable[int], article: Article | None = None) -> int:
    """Take questions off the list: answered by an article now, or not worth one. How many were open."""
    rows = Unanswered.objects.filter(pk__in=list(questions), settled_at__isnull=True)
    return rows.update(settled_at=clock.now(), article=article)


# --- what customers want remembered --------------------------------------------------------------------------------
MOST_FACTS = 20
_MARK = "remembered_"
"""How the keys begin under which a call's facts have what was remembered before it."""


@service
def remember(call: Call, text: str, *, consent: str, actor: str) -> CustomerFact:
    """Keep a fact of the proved customer for the next calls; `consent` is how he agreed. Invalid for anybody else."""
    text = " ".join(text.split())[:300]
    if not call.subject:
        raise Invalid("Only a customer who has proved who he is can be remembered.", code="not_verified")
    if CustomerFact.objects.filter(subject=call.subject).exclude(text=text).count() >= MOST_FACTS:
        raise Invalid("As much is remembered of this customer as may be.", code="too_many_facts")
    values = {"name": call.customer_name, "language": call.language, "call": call, "consent": consent[:200]}
    values["consented_at"] = clock.now()
    fact, _ = CustomerFact.objects.update_or_create(subject=call.subject, text=text, defaults=values)
    record(call, "customer.remembered", actor)
    return fact


@service
def forget(call: Call, *, actor: str) -> int:
    """Delete what is remembered of the call's customer, in his calls too, and part him from them. How many facts."""
    if not call.subject:
        raise Invalid("Nothing is remembered of a caller who has not proved who he is.", code="not_verified")
    count, _ = CustomerFact.objects.filter(subject=call.subject).delete()
    calls = list(Call.objects.filter(subject=call.subject))
    ToolUse.objects.filter(call__in=calls, tool="remember_fact").update(arguments={}, result={})
    for each in calls:
        kept = {key: value for key, value in each.facts.items() if not key.startswith(_MARK)}
        Call.objects.filter(pk=each.pk).update(subject="", facts=kept)
    record(call, "customer.forgotten", actor, facts=count)
    return count


def recall_when_verified() -> None:
    """Called once, when the app is ready: what is remembered is among the facts of the call as soon as it may be."""
    signals.caller_verified.connect(_recall, dispatch_uid="knowledge")


def _recall(sender: object, call: Call, **kwargs: object) -> None:
    texts = CustomerFact.objects.filter(subject=call.subject).order_by("pk").values_list("text", flat=True)
    known = {f"{_MARK}{number}": text for number, text in enumerate(texts, 1)}
    if known:
        call.facts = {**call.facts, **known}
        Call.objects.filter(pk=call.pk).update(facts=call.facts)
