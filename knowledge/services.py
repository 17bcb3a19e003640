"""Writing articles, and keeping what could not be answered."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.signals import post_delete

from calls.models import Call
from calls.services.history import record
from common import clock
from common.service import service
from knowledge import index
from knowledge.importing import Draft
from knowledge.models import Article, Passage, Unanswered
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
    if not question or Unanswered.objects.filter(call=call, question=question).exists():
        return
    Unanswered.objects.create(call=call, question=question, language=call.language, department=call.department)
    record(call, "question.unanswered", actor)


@service
def settle(questions: Iterable[int], article: Article | None = None) -> int:
    """Take questions off the list: answered by an article now, or not worth one. How many were open."""
    rows = Unanswered.objects.filter(pk__in=list(questions), settled_at__isnull=True)
    return rows.update(settled_at=clock.now(), article=article)
