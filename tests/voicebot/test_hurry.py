"""Whoever waits for a process gets the one that is being made, sooner than its maker had in mind."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import AgentServer
from livekit.agents.ipc.proc_pool import ProcPool

import voicebot.bootstrap  # noqa: F401
from voicebot import hurry, worker


@pytest.fixture
def word(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("VOICEBOT_HURRY", "")
    found = hurry.announce()
    yield found
    shutil.rmtree(found.parent, ignore_errors=True)


def test_nobody_is_in_a_hurry_where_no_worker_has_said_how_it_would_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOICEBOT_HURRY", raising=False)
    assert not hurry.is_hurried()


def test_the_word_counts_for_a_moment(word: Path) -> None:
    assert not hurry.is_hurried()
    word.touch()
    assert hurry.is_hurried()
    os.utime(word, (0, 0))
    assert not hurry.is_hurried()


def server_with(waiting: int) -> AgentServer:
    server: Any = SimpleNamespace(_proc_pool=SimpleNamespace(_jobs_waiting_for_process=waiting))
    return server  # type: ignore[no-any-return]


@pytest.mark.parametrize(("waiting", "said"), [(0, False), (2, True)])
async def test_the_worker_says_so_as_long_as_somebody_waits(word: Path, waiting: int, said: bool) -> None:
    minding = asyncio.create_task(hurry.mind_who_waits(server_with(waiting), word))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert hurry.is_hurried() is said
    minding.cancel()
    await asyncio.gather(minding, return_exceptions=True)
    assert not hurry.is_hurried()


async def test_a_word_that_cannot_be_said_ends_nothing_but_the_saying(word: Path) -> None:
    shutil.rmtree(word.parent)
    await hurry.mind_who_waits(server_with(1), word)
    assert not hurry.is_hurried()


def test_the_pool_still_counts_who_waits() -> None:
    assert "_jobs_waiting_for_process" in ProcPool.__init__.__code__.co_names
    assert "_proc_pool" in AgentServer.run.__code__.co_names


@pytest.mark.parametrize(("hurried", "rehearsals"), [(False, 1), (True, 0)])
def test_a_process_somebody_waits_for_does_not_rehearse(
    word: Path, monkeypatch: pytest.MonkeyPatch, hurried: bool, rehearsals: int
) -> None:
    done: list[object] = []
    monkeypatch.setattr(worker, "_log_here", lambda: None)
    monkeypatch.setattr(worker, "rehearse", lambda: done.append(None))
    if hurried:
        word.touch()
    made: Any = SimpleNamespace(userdata={})
    worker.setup_process(made)
    assert len(done) == rehearsals
    assert made.userdata["config"].offline
