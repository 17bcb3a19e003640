"""Statements that the ORM makes once a process, for the queries that the speed of an offer hangs on.

Making one takes the ORM 1 to 3 ms each time; the database answers it in a tenth of one. PostgreSQL plans it once a
connection.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BigIntegerField, CharField, DateTimeField, Expression, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery

from common import postgres

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]
# Rows and what is put into them.
Changed = tuple[QuerySet[Any, Any], dict[str, Any]]
_SHAPES = (bool, Enum)


class _Given(Expression):
    """Stands for a value while the statement is made."""

    def __init__(self, name: str, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class _One(_Given):
    """Stands for the only number that something is `in`: a plan that is made for several reads the whole table."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "(%s)", [self]


class _Among(_Given):
    """Stands for numbers that something is `in`: one parameter, however many there are."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "(SELECT unnest(%s))", [self]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "(SELECT value FROM json_each(%s))", [self]


@dataclass(frozen=True)
class _Statement:
    """`values` holds a stand-in where something is given; `read` makes of a row what the query is of."""

    text: str
    values: Sequence[Any]
    converters: Any
    read: Callable[[Row], Any] | None = None
    planned_once: bool = False

    def kept(self) -> "_Statement":
        """As it is asked again and again."""
        if connection.vendor != "postgresql":
            return self
        text, values = postgres.with_constants(self.text, self.values, lambda value: isinstance(value, _Given))
        return replace(self, text=text, values=values, planned_once=True)

    def run(self, given: dict[str, Any]) -> list[Any]:
        values = [given[value.name] if isinstance(value, _Given) else value for value in self.values]
        with postgres.planned_once() if self.planned_once else connection.cursor() as cursor:
            cursor.execute(self.text, values)
            rows = cursor.fetchall()
        if self.converters:
            rows = [self._converted(row) for row in rows]
        return [self.read(row) for row in rows] if self.read else rows

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, (converters, expression) in self.converters.items():
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        return tuple(values)


class Prepared:
    """A query, or an UPDATE, by its parameters: numbers, texts, moments, and collections of numbers, an empty one of
    which finds nothing. Truth values and states decide what statement it is; all others must reach it as values.

    `build` gives a `values_list`, or instances with what is selected along with them, but nothing prefetched. For an
    UPDATE it gives the rows and the changes; an answer is a row with all its columns, as it is then.
    """

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._made: dict[Any, _Statement] = {}

    def __call__(self, **given: Any) -> list[Any]:
        """The rows."""
        parameters, shape = {}, [connection.vendor]
        for name, value in given.items():
            if isinstance(value, _SHAPES):
                shape.append(f"{name}={value}")
            elif isinstance(value, int | str | datetime):
                parameters[name] = _parameter(value)
            elif len(value) == 1:
                shape.append(f"one {name}")
                parameters[name] = _parameter(*value)
            elif value:
                parameters[name] = _parameter(value)
            else:
                return []
        key = tuple(shape)
        if key not in self._made:
            self._made[key] = self._make(given)
        return self._made[key].run(parameters)

    def _make(self, given: dict[str, Any]) -> _Statement:
        built = {name: _stand_in(name, value) for name, value in given.items()}
        made = _statement(self._build(**built))
        reached = {value.name for value in made.values if isinstance(value, _Given)}
        if {name for name, value in built.items() if isinstance(value, _Given)} != reached:
            raise ValueError(f"a parameter does not reach the statement as a value: {made.text}")
        return made.kept()


def update_returning(rows: QuerySet[Any], changes: dict[str, Any]) -> list[Row]:
    """`rows.update(**changes)` and its rows, as they are then."""
    return _statement((rows, changes)).run({})


def instance(model: type[M], row: Sequence[Any], names: Sequence[str] = (), **related: Model) -> M:
    """A row as the ORM would give it: of the columns `names` (none: of all); any other is read when it is asked for.
    `related` is what its keys lead to.

    As unpickling does, without `__init__` and its signals, which take ten times as long.
    """
    made = model.__new__(model)
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    state.fields_cache.update(related)
    vars(made).update(zip(names or columns(model), row, strict=True), _state=state)
    return made


@cache
def columns(model: type[Model]) -> tuple[str, ...]:
    """The attributes of a row, keys as `<name>_id`."""
    return tuple(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 -- any model


def _statement(built: Any) -> _Statement:
    if isinstance(built, QuerySet):
        compiler: Any = built.query.get_compiler(built.db)
        text, values = compiler.as_sql()
        selected = [column for column, *_ in compiler.select[: compiler.col_count]]
        of_instances = built._iterable_class is ModelIterable  # noqa: SLF001 -- nothing else tells
        return _Statement(text, values, compiler.get_converters(selected), _reader(compiler) if of_instances else None)
    rows, changes = built
    query: Any = rows.order_by().query.chain(UpdateQuery)
    query.add_update_values(changes)
    query.annotations = {}
    compiler = query.get_compiler(rows.db)
    text, values = compiler.as_sql()
    meta = rows.model._meta  # noqa: SLF001 -- any model
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in meta.concrete_fields)
    selected = [field.get_col(meta.db_table) for field in meta.concrete_fields]
    return _Statement(f"{text} RETURNING {names}", values, compiler.get_converters(selected))


def _reader(compiler: Any) -> Callable[[Row], Any]:
    """What makes instances, as the ORM's own iteration does."""
    info = compiler.klass_info
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column.target.attname for column, *_ in compiler.select[first:last]]
    populators = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def read(row: Row) -> Any:
        made = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:last])
        for populator in populators:
            populator.populate(row, made)
        return made

    return read


def _stand_in(name: str, value: Any) -> Any:
    if isinstance(value, _SHAPES):
        return value
    for kind, field in _FIELDS.items():
        if isinstance(value, kind):
            return _Given(name, field)
    return (_One if len(value) == 1 else _Among)(name, BigIntegerField())


_FIELDS: dict[type, Any] = {datetime: DateTimeField(), int: BigIntegerField(), str: CharField()}


def _parameter(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, str):
        return value
    if connection.vendor == "postgresql":
        return postgres.number(value) if isinstance(value, int) else [*map(postgres.number, value)]
    return value if isinstance(value, int) else json.dumps([*value])
