"""What every service that writes wears."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

from common.realtime import unit_of_work

P = ParamSpec("P")
R = TypeVar("R")

_RETRIES = 3
_DEADLOCK = "40P01"
_SERIALIZATION = "40001"


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a unit of work; play it again when PostgreSQL broke a deadlock with it."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        attempts = 1 if transaction.get_connection().in_atomic_block else _RETRIES
        for attempt in range(1, attempts + 1):
            try:
                with unit_of_work():
                    return function(*args, **kwargs)
            except OperationalError as error:
                state = getattr(error.__cause__, "sqlstate", None)
                if state not in (_DEADLOCK, _SERIALIZATION) or attempt == attempts:
                    raise
        raise AssertionError("unreachable")

    return run
