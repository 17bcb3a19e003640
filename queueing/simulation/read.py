"""Files a planner gives. Every error names the line."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf, isfinite

from queueing.simulation.day import BadInput, Team
from queueing.simulation.model import Arrival

_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
Staff = dict[Team, dict[int, int]]


def arrivals(lines: Iterable[str], patience: Callable[[], float]) -> list[Arrival]:
    """Callers from CSV with the columns `time` (09:30, 09:30:15 or seconds after midnight), `department`, `handling`
    and, if wanted, `patience` (seconds), `priority` and `language`; `patience()` is asked where it is left empty.
    """
    found = []
    for number, row in _rows(lines, ("time", "department", "handling")):
        given = row.get("patience", "")
        found.append(
            Arrival(
                second=_second(number, row["time"]),
                department=_filled(number, "department", row["department"]),
                handling=_number(number, "handling", row["handling"]),
                patience=_number(number, "patience", given) if given else patience(),
                priority=_priority(number, row.get("priority", "")),
                language=row.get("language", "").lower(),
            )
        )
    if not found:
        raise BadInput("There is no caller in it.")
    return found


def staffing(lines: Iterable[str], skills: Mapping[str, int]) -> Staff:
    """Agents from CSV with the columns `department` (`support`, or `support+sales` for who serves both), `hour` (0 to
    23), `agents` and, if wanted, `skills` (`refunds:7+vip:3`, `none`) and `languages` (`en+ar`).

    `skills` are the numbers of the known ones.
    """
    found: Staff = {}
    for number, row in _rows(lines, ("department", "hour", "agents")):
        group = groups(_filled(number, "department", row["department"]), f"Line {number}")
        given = team(group, row.get("skills", ""), row.get("languages", ""), skills, f"Line {number}")
        hours = found.setdefault(given, {})
        hour = _whole(number, "hour", row["hour"], most=23)
        if hour in hours:
            raise BadInput(f"Line {number}: hour {hour} of “{row['department']}” is there twice.")
        hours[hour] = _whole(number, "agents", row["agents"], most=10_000)
    if not found:
        raise BadInput("There is no agent in it.")
    return found


def groups(text: str, where: str) -> tuple[str, ...]:
    """`support+sales` as departments in their order."""
    names = tuple(part.strip() for part in text.split("+"))
    if not all(names) or len(set(names)) < len(names):
        raise BadInput(f"{where}: “{text}” are no departments joined by +.")
    return names


def team(departments: tuple[str, ...], told: str, languages: str, skills: Mapping[str, int], where: str) -> Team:
    """Agents with `refunds:7+vip:3` (empty: all skills; `none`: none) and `en+ar` (empty: any language)."""
    spoken = frozenset(groups(languages.lower(), where)) if languages else frozenset[str]()
    if not told:
        return Team(departments, None, spoken)
    levels = {} if told == "none" else dict(_level(part, skills, where) for part in groups(told, where))
    return Team(departments, tuple(sorted(levels.items())), spoken)


def _level(text: str, skills: Mapping[str, int], where: str) -> tuple[int, int]:
    name, sign, level = text.partition(":")
    if name not in skills:
        raise BadInput(f"{where}: there is no skill “{name}”; there are {', '.join(sorted(skills)) or 'none'}.")
    if not sign or level not in {str(each) for each in range(1, 11)}:
        raise BadInput(f"{where}: “{text}” is no skill with a level, like {name}:7.")
    return skills[name], int(level)


def _priority(line: int, text: str) -> int:
    if text and not re.fullmatch(r"-?\d{1,4}", text, re.ASCII):
        raise BadInput(f"Line {line}: priority “{text}” is no whole number.")
    return int(text or 0)


def _rows(lines: Iterable[str], wanted: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().lower().lstrip("\ufeff") for name in next(reader, [])]
        for name in wanted:
            if name not in header:
                raise BadInput(f"Line 1: there is no column “{name}”; the columns are {', '.join(wanted)}.")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(header):
                    raise BadInput(f"Line {reader.line_num}: more cells than columns.")
                padded = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
                yield reader.line_num, dict(zip(header, padded, strict=True))
    except csv.Error as error:
        raise BadInput(f"Line {reader.line_num}: {error}.") from error


def _second(line: int, text: str) -> float:
    if matched := _TIME.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in matched.groups())
        if hours < 24:
            return hours * 3600.0 + minutes * 60 + seconds
    elif ":" not in text:
        return _number(line, "time", text, most=86_400)
    raise BadInput(f"Line {line}: time “{text}” is neither 09:30 nor seconds after midnight.")


def _number(line: int, name: str, text: str, most: float = inf) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not isfinite(value) or not 0 <= value <= most:
        raise BadInput(f"Line {line}: {name} “{text}” is no number of seconds.")
    return value


def _whole(line: int, name: str, text: str, *, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise BadInput(f"Line {line}: {name} “{text}” is no whole number from 0 to {most}.")
    return int(text)


def _filled(line: int, name: str, text: str) -> str:
    if not text:
        raise BadInput(f"Line {line}: {name} is empty.")
    return text
