"""The judge: what the scenario expects, and what holds in every call. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from calls.states import Speaker
from evals.house_rules import HOUSE_RULES
from evals.played import Asked, Played, Stored, Told
from evals.scenario import Expected, Left, Person, Reply, Scenario


def judge(scenario: Scenario, played: Played) -> tuple[str, ...]:
    """Everything that is not as it should be, in words; empty when all is well."""
    expected = scenario.expect
    found = [played.derailed] if played.derailed else []
    found += [*_ending(expected, played), *_queue(expected, played), *_texts(expected, played)]
    found += [problem for wanted, told in played.replies for problem in _reply(wanted, told)]
    found += [problem for rule in HOUSE_RULES for problem in rule(played)]
    return tuple(found)


def _ending(expected: Expected, played: Played) -> Iterator[str]:
    pairs: Sequence[tuple[str, object, object]] = (
        ("state", expected.state, played.state),
        ("end reason", expected.reason, played.reason),
        ("language", expected.language or None, played.language),
        ("department", expected.department, played.department),
        ("rating", expected.rating, played.rating),
    )
    yield from (f"{what} is {got!r}, not {want!r}" for what, want, got in pairs if want is not None and want != got)
    for key, value in expected.facts.items():
        if value.casefold() not in played.facts.get(key, "").casefold():
            yield f"fact {key} is {played.facts.get(key)!r}, not {value!r}"


def _queue(expected: Expected, played: Played) -> Iterator[str]:
    yield from _rows("transfer", expected.transfer, played.transfers, _is_transfer)
    for kind, wanted in (("callback", expected.callback), ("message", expected.message)):
        yield from _rows(kind, wanted, [row for row in played.stored if row.kind == kind], _is_stored)


def _rows(what: str, wanted: object, rows: Sequence[object], fits: Callable[..., bool]) -> Iterator[str]:
    if wanted is None:
        return
    if wanted is False and rows:
        yield f"there is a {what}: {rows[0]}"
    elif wanted is not False and not rows:
        yield f"there is no {what}"
    elif not isinstance(wanted, bool) and not any(fits(wanted, row) for row in rows):
        yield f"no {what} is {wanted}, only {list(rows)}"


def _is_transfer(wanted: Person, row: Asked) -> bool:
    fits = wanted.department in ("", row.department) and wanted.state in ("", row.state)
    return fits and _has(row.reason, wanted.reason)


def _is_stored(wanted: Left, row: Stored) -> bool:
    return _has(row.contact, wanted.contact) and _has(row.note, wanted.note)


def _texts(expected: Expected, played: Played) -> Iterator[str]:
    spoken = [line.text for line in played.lines_of(Speaker.AI)]
    yield from (f"never said {words!r}" for words in expected.said if not _anywhere(spoken, words))
    yield from (f"said {words!r}" for words in expected.not_said if _anywhere(spoken, words))
    yield from (f"did not: {name}" for name in expected.actions if name not in played.actions)
    yield from (f"did: {name}" for name in expected.not_actions if name in played.actions)
    languages = tuple(line.language for line in played.lines_of(Speaker.CUSTOMER))
    if expected.caller_languages and languages != expected.caller_languages:
        yield f"the caller's lines are in {languages}, not in {expected.caller_languages}"


def _reply(wanted: Reply, told: Told) -> Iterator[str]:
    at = f"to {told.text[:40]!r}"
    yield from (f"{at}: {words!r} is not in {told.reply!r}" for words in wanted.has if not _has(told.reply, words))
    yield from (f"{at}: {words!r} is in {told.reply!r}" for words in wanted.lacks if _has(told.reply, words))
    if wanted.actions is not None and wanted.actions != told.actions:
        yield f"{at}: did {told.actions}, not {wanted.actions} ({told.reply!r})"
    if wanted.language and wanted.language != told.language:
        yield f"{at}: answered in {told.language}, not in {wanted.language}"


def _anywhere(texts: Iterable[str], words: str) -> bool:
    return any(_has(text, words) for text in texts)


def _has(text: str, words: str) -> bool:
    return words.casefold() in text.casefold()
