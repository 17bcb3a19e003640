"""The departments callers may choose, with what they answer and when they are open: read for each turn of each call."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Model, QuerySet

from common.prepared import Prepared
from queueing.models import Department, Faq, OpeningHours, SpecialDay


def open_lines() -> list[Department]:
    """The default one first; `faqs`, `opening_hours` and `special_days` are there without a query."""
    departments = _DEPARTMENTS()
    for name, read in _CHILDREN.items():
        found: defaultdict[int, list[Model]] = defaultdict(list)
        for row in read(departments=[one.pk for one in departments]):
            found[row.department_id].append(row)
        for one in departments:
            _keep(one, name, found[one.pk])
    return departments


def _keep(department: Department, name: str, rows: list[Any]) -> None:
    """As `prefetch_related` does."""
    kept = getattr(department, name).get_queryset()
    kept._result_cache, kept._prefetch_done = rows, True  # noqa: SLF001 -- there is no other way to give it rows
    vars(department).setdefault("_prefetched_objects_cache", {})[name] = kept


def active() -> QuerySet[Department]:
    """Departments callers may choose, the default one first."""
    return Department.objects.filter(is_active=True).order_by("-is_default", "slug")


def _faqs(departments: Collection[int]) -> QuerySet[Faq]:
    return Faq.objects.filter(department__in=departments)


def _opening_hours(departments: Collection[int]) -> QuerySet[OpeningHours]:
    return OpeningHours.objects.filter(department__in=departments)


def _special_days(departments: Collection[int]) -> QuerySet[SpecialDay]:
    return SpecialDay.objects.filter(department__in=departments)


_DEPARTMENTS = Prepared(active)
_CHILDREN = {
    "faqs": Prepared(_faqs),
    "opening_hours": Prepared(_opening_hours),
    "special_days": Prepared(_special_days),
}
