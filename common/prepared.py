"""Statements that the ORM makes once a process, for the queries that the speed of an offer hangs on.

Making one takes the ORM 1 to 3 ms each time; the database answers it in a tenth of one.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]
# Rows and what is put into them.
Changed = tuple[QuerySet[Any, Any], dict[str, Any]]
# Longer collections are put in by the ORM where there are no arrays: what it takes to make the statement counts little
# beside them.
_LONGEST = 16
# What stands for a parameter while the statement is made: values nothing else has.
_NUMBER = 2_000_000_000
_MOMENT = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Statement:
    text: str
    values: Sequence[Any]
    # Place among the values → whose value it is: a parameter, and which of a collection's.
    slots: Sequence[tuple[int, str, int | None]]
    converters: Any

    def run(self, given: dict[str, Any]) -> list[Row]:
        values = list(self.values)
        for place, name, nth in self.slots:
            value = given[name] if nth is None else given[name][nth]
            values[place] = _adapted(value)
        with connection.cursor() as cursor:
            cursor.execute(self.text, values)
            rows = cursor.fetchall()
        return [self._converted(row) for row in rows] if self.converters else rows

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, (converters, expression) in self.converters.items():
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        return tuple(values)


class Prepared:
    """A `values_list` query by its parameters: numbers, moments, and collections of numbers, an empty one of which
    finds nothing. Truth values and texts decide what statement it is; all others must reach it as values.
    """

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._made: dict[Any, _Statement] = {}

    def __call__(self, **given: Any) -> list[Row]:
        """The rows."""
        given = {name: list(value) if _is_many(value) else value for name, value in given.items()}
        lengths = [len(value) for value in given.values() if isinstance(value, list)]
        if 0 in lengths:
            return []
        if max(lengths, default=0) > _LONGEST and not _has_arrays():
            return self._plainly(given)
        shape = connection.vendor, *((name, _shape(value)) for name, value in given.items())
        if shape not in self._made:
            self._made[shape] = self._make(given)
        return self._made[shape].run(given)

    def _plainly(self, given: dict[str, Any]) -> list[Row]:
        return list(self._build(**given))

    def _make(self, given: dict[str, Any]) -> _Statement:
        stands_for: dict[Any, tuple[str, int | None]] = {}
        stand_ins = {name: _stand_in(name, value, stands_for) for name, value in given.items()}
        text, values, expressions, compiler = _compiled(self._build(**stand_ins))
        slots = [(place, *stands_for[value]) for place, value in enumerate(values) if _hashed(value) in stands_for]
        if _has_arrays():
            text = _with_arrays(text, [place for place, name, _ in slots if isinstance(given[name], list)])
        if {(name, nth) for _, name, nth in slots} != set(stands_for.values()):
            raise ValueError(f"a parameter does not reach the statement as a value: {text}")
        return _Statement(text, values, slots, compiler.get_converters(expressions))


class PreparedUpdate(Prepared):
    """The same of an UPDATE: `build` gives the rows and the changes, an answer is a row with all its columns, as it is
    then.
    """

    def _plainly(self, given: dict[str, Any]) -> list[Row]:
        return update_returning(*self._build(**given))


def update_returning(rows: QuerySet[Any], changes: dict[str, Any]) -> list[Row]:
    """`rows.update(**changes)`; the answer is as a `PreparedUpdate`'s."""
    text, values, expressions, compiler = _compiled((rows, changes))
    return _Statement(text, values, (), compiler.get_converters(expressions)).run({})


def _compiled(built: Any) -> tuple[str, Sequence[Any], list[Any], Any]:
    if isinstance(built, QuerySet):
        compiler: Any = built.query.get_compiler(built.db)
        text, values = compiler.as_sql()
        return text, values, [column for column, *_ in compiler.select[: compiler.col_count]], compiler
    rows, changes = built
    query: Any = rows.order_by().query.chain(UpdateQuery)
    query.add_update_values(changes)
    query.annotations = {}
    compiler = query.get_compiler(rows.db)
    text, values = compiler.as_sql()
    meta = rows.model._meta  # noqa: SLF001 -- any model
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in meta.concrete_fields)
    columns = [field.get_col(meta.db_table) for field in meta.concrete_fields]
    return f"{text} RETURNING {names}", values, columns, compiler


def instance(model: type[M], row: Sequence[Any], names: Sequence[str] = ()) -> M:
    """A row as the ORM would give it: of the columns `names` (none: of all); any other is read when it is asked for."""
    own = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 -- any model
    found = dict(zip(names or own, row, strict=True))
    known = [name for name in own if name in found]
    return model.from_db(connection.alias, known, [found[name] for name in known])


def _is_many(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)


def _has_arrays() -> bool:
    return connection.vendor == "postgresql"


def _with_arrays(text: str, places: Collection[int]) -> str:
    """One array for a collection of any length, where the ORM was given one number of it."""
    pieces = text.split("%s")
    for place in places:
        if not pieces[place].endswith(" IN (") or not pieces[place + 1].startswith(")"):
            raise ValueError(f"a collection is not what something is in: {text}")
        pieces[place] = pieces[place].removesuffix(" IN (") + " = ANY("
    return "%s".join(pieces)


def _shape(value: Any) -> Any:
    if isinstance(value, list):
        return None if _has_arrays() else len(value)
    return value if isinstance(value, bool | str) else None


def _stand_in(name: str, value: Any, stands_for: dict[Any, tuple[str, int | None]]) -> Any:
    if isinstance(value, list):
        if _has_arrays():
            return [_new(value[0], (name, None), stands_for)]
        return [_new(item, (name, nth), stands_for) for nth, item in enumerate(value)]
    return value if isinstance(value, bool | str) else _new(value, (name, None), stands_for)


def _new(value: Any, slot: tuple[str, int | None], stands_for: dict[Any, tuple[str, int | None]]) -> Any:
    nth = len(stands_for) + 1
    found = _MOMENT + timedelta(microseconds=nth) if isinstance(value, datetime) else _NUMBER + nth
    stands_for[_adapted(found)] = slot
    return found


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _hashed(value: Any) -> Any:
    return value if isinstance(value, int | str | datetime) else None
