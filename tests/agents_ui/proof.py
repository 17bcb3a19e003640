"""Which test proves which type of message, so that a new type without a proof is noticed."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Test = Callable[..., None]

# By module: the types its tests say that they prove.
PROVED: dict[str, set[str]] = defaultdict(set)


def proves(*types: str) -> Callable[[Test], Test]:
    """The types of messages that a test is the proof of; with `check_proof` it fails when one is not told in it."""

    def mark(test: Test) -> Test:
        PROVED[test.__module__].update(types)
        test.proves = types  # type: ignore[attr-defined]
        return test

    return mark


def check_proof(request: pytest.FixtureRequest, told: set[str]) -> Iterator[None]:
    """Body of a fixture: after the test all its types were told."""
    yield
    function: Any = request.function
    missing = set(getattr(function, "proves", ())) - told
    assert not missing, f"not told in this test: {missing}"
