"""Plays the chosen scenarios k times each and has them judged."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from evals.judging import judge
from evals.llm_judge import LLMJudge, configured_judge
from evals.playing import play
from evals.report import Outcome, Report, Row
from evals.scenario import Scenario, read_scenarios
from voicebot.providing import OFFLINE, text_engine, text_provider
from voicebot.receptionist.engine import Engine
from voicebot.receptionist.prompts import prompt_version


@contextmanager
def database() -> Iterator[None]:
    """A database of this process's own, gone afterwards."""
    path = Path(settings.DATABASES["default"]["NAME"])
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        connection.close()
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()


def run(*, names: Sequence[str] = (), plays: int, nightly: bool = False, quiet: bool = False) -> Report:
    """With the provider of the settings; ValueError when no scenario has such a name."""
    chosen = chosen_scenarios(names, nightly=nightly)
    engine, reader = text_engine(), configured_judge()
    rows = []
    for scenario in chosen:
        rows.append(play_scenario(scenario, engine, reader, plays))
        if not quiet:
            print(f"{rows[-1].passes}/{plays} {scenario.name}", flush=True)
    provider = text_provider() if text_provider() == OFFLINE else f"{text_provider()} {settings.LLM_MODEL}"
    return Report(provider, prompt_version(), reader.model if reader else "", plays, tuple(rows))


def run_sound(*, names: Sequence[str] = (), plays: int, folder: Path, quiet: bool = False) -> Report:
    """The nightly set as sound, through a LiveKit server and a voice worker started for it."""
    # The tests' own caller and servers: nothing of them is needed for text.
    from evals.sounding import as_sound, play_as_sound
    from tests.voicebot.stack import voice_stack
    from tools.stack import start_redis

    reader, rows = configured_judge(), []
    with start_redis(folder) as redis, voice_stack(folder, REDIS_URL=redis.url) as stack:
        for scenario in chosen_scenarios(names, nightly=True):
            outcomes = []
            for _ in range(plays):
                played = asyncio.run(play_as_sound(scenario, stack.url, stack.keys))
                problems = list(judge(as_sound(scenario), played))
                if reader is not None:
                    problems += asyncio.run(reader.judge(scenario, played))
                outcomes.append(Outcome.of(played, problems))
            rows.append(Row(scenario.name, scenario.goal, tuple(outcomes)))
            if not quiet:
                print(f"{rows[-1].passes}/{plays} {scenario.name}", flush=True)
    return Report(f"{text_provider()}, as sound", prompt_version(), reader.model if reader else "", plays, tuple(rows))


def chosen_scenarios(names: Sequence[str], *, nightly: bool) -> tuple[Scenario, ...]:
    """Those whose name contains one of `names`, or all."""
    found = tuple(
        item
        for item in read_scenarios()
        if (not names or any(name in item.name for name in names)) and (item.nightly or not nightly)
    )
    if not found:
        raise ValueError(f"no scenario is called {' or '.join(names)}")
    return found


def play_scenario(scenario: Scenario, engine: Engine, reader: LLMJudge | None, plays: int) -> Row:
    """The same caller `plays` times, each time in a company made anew."""
    outcomes = []
    for _ in range(plays):
        played = play(scenario, engine)
        problems = list(judge(scenario, played))
        if reader is not None:
            problems += asyncio.run(reader.judge(scenario, played))
        outcomes.append(Outcome.of(played, problems))
    return Row(scenario.name, scenario.goal, tuple(outcomes))
