"""State changes: one compare-and-set UPDATE plus one history row, in one transaction.

`select_for_update` is silently nothing on SQLite, so correctness rests on the UPDATE's own WHERE on both databases.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet, TextChoices

from common import prepared

S = TypeVar("S", bound=TextChoices)
M = TypeVar("M", bound=Model)
Condition = tuple[Q, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Machine(Generic[S]):
    """A transition table over the values of one field."""

    table: Mapping[S, frozenset[S]]
    field: str = "state"

    def sources(self, to: S) -> frozenset[S]:
        """The states that may lead to `to`."""
        return frozenset(source for source, targets in self.table.items() if to in targets)

    def terminal(self) -> frozenset[S]:
        """The states nothing leaves."""
        return frozenset(state for state, targets in self.table.items() if not targets)


def move(
    rows: QuerySet[M],
    machine: Machine[S],
    to: S,
    *,
    record: Callable[[], object],
    sources: frozenset[S] | None = None,
    where: Q | None = None,
    fresh: M | None = None,
    **changes: Any,
) -> bool:
    """Take the one row in `rows` to state `to`; False when somebody was first.

    `sources` narrows the states it may come from; `where` adds conditions to the UPDATE; `record` writes the
    history row and runs only when the row moved. `fresh`, the row's instance, then holds what the row holds.
    """
    allowed = machine.sources(to) if sources is None else sources
    if not allowed <= machine.sources(to):
        raise ValueError(f"no transition from {sorted(allowed)} to {to}")
    # Nobody goes on after an error in here, so there is no savepoint to go back to.
    with transaction.atomic(savepoint=False):
        matching = rows.filter(**{f"{machine.field}__in": allowed})
        if where is not None:
            matching = matching.filter(where)
        changes[machine.field] = to
        moved = matching.update(**changes) if fresh is None else _update_and_read(matching, fresh, changes)
        if moved > 1:
            raise RuntimeError("a transition moves one row")
        if moved:
            record()
    return moved == 1


class PreparedMove(Generic[S]):
    """A `move` of one row whose statement is made once (`common.prepared`): `build` gives its conditions and changes by
    the parameters, which are called neither `pk` nor `source`.
    """

    def __init__(self, model: type[M], machine: Machine[S], to: S, build: Callable[..., Condition]) -> None:
        def update(pk: int, source: S, **given: Any) -> prepared.Changed:
            where, changes = build(**given)
            rows = model._default_manager.filter(where, pk=pk, **{machine.field: source})  # noqa: SLF001 -- any model
            return rows, {**changes, machine.field: to}

        self._machine, self._to, self._update = machine, to, prepared.Prepared(update)

    def __call__(self, fresh: Model, source: S, *, record: Callable[[], object], **given: Any) -> bool:
        """Take the row of `fresh` from `source` on, as `move` does; False when somebody was first."""
        if source not in self._machine.sources(self._to):
            raise ValueError(f"no transition from {source} to {self._to}")
        with transaction.atomic(savepoint=False):
            found = self._update(pk=fresh.pk, source=source, **given)
            if found:
                _refresh(fresh, found[0])
                record()
        return bool(found)


def _update_and_read(rows: QuerySet[M], instance: M, changes: dict[str, Any]) -> int:
    found = prepared.update_returning(rows, changes)
    for row in found[:1]:
        _refresh(instance, row)
    return len(found)


def _refresh(instance: Model, row: prepared.Row) -> None:
    # By attribute: of a key its id, so that what has been read behind it stays.
    for name, value in zip(prepared.columns(type(instance)), row, strict=True):
        setattr(instance, name, value)


def update_returning(rows: QuerySet[M], **changes: Any) -> list[M]:
    """`rows.update(**changes)` and the rows as they are then, in one statement."""
    return [prepared.instance(rows.model, row) for row in prepared.update_returning(rows, changes)]
