"""Memory of a call's process: the costly measure only where it can matter."""

import os
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from livekit.agents.ipc.supervised_proc import SupervisedProc

from voicebot import memory
from voicebot.memory import measure_only_the_large


@pytest.fixture
def exactly(monkeypatch: pytest.MonkeyPatch) -> Mock:
    measure = Mock(return_value=(50.0, "pss"))
    monkeypatch.setattr(SupervisedProc, "_sample_memory_mb", SupervisedProc._sample_memory_mb)
    monkeypatch.setattr(memory, "_exactly", measure)
    measure_only_the_large()
    return measure


def sample(**limits: float) -> tuple[float, str]:
    options = SimpleNamespace(**{"memory_warn_mb": 0.0, "memory_limit_mb": 0.0} | limits)
    process: Any = SimpleNamespace(_pid=os.getpid(), _opts=options)
    return SupervisedProc._sample_memory_mb(process)


def test_a_process_far_from_its_limit_is_told_by_what_is_resident(exactly: Mock) -> None:
    megabytes, metric = sample(memory_warn_mb=100_000.0, memory_limit_mb=200_000.0)
    assert metric == "rss"
    assert 1 < megabytes < 100_000
    exactly.assert_not_called()


@pytest.mark.parametrize("limits", [{"memory_warn_mb": 1.0, "memory_limit_mb": 9e9}, {"memory_limit_mb": 1.0}])
def test_one_that_may_be_near_it_is_measured_exactly(exactly: Mock, limits: dict[str, float]) -> None:
    assert sample(**limits) == (50.0, "pss")
    exactly.assert_called_once()
