"""Plays a scenario as sound: a caller who speaks into a real LiveKit room, the real voice worker, real time.

The built-in recogniser has an English model only: what is not English is typed in the room.
"""

import asyncio
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

import numpy as np
from asgiref.sync import sync_to_async

from calls.models import Call, TranscriptSegment
from calls.states import CallState, Speaker
from common import clock
from evals import stage
from evals.played import Played, Told, read_call
from evals.scenario import Reply, Scenario, Step
from tests.voicebot.caller import RATE, Caller, dispatch, now
from voicebot.offline.speech import SAMPLE_RATE, resample, samples_of

P = ParamSpec("P")
R = TypeVar("R")

_WELCOME_SECONDS = 30.0
_ANSWER_SECONDS = 20.0
_LONGEST_SILENCE = 8.0  # of a scenario's, which text passes over in an instant
_QUIET = 0.7  # so long nothing is heard: the receptionist has finished
_LOOK = 0.1


def as_sound(scenario: Scenario) -> Scenario:
    """The scenario as it can be judged then: which tools ran, and what the ears made of it, is theirs to decide."""
    expect = replace(scenario.expect, actions=(), not_actions=(), caller_languages=())
    return replace(scenario, expect=expect)


async def play_as_sound(scenario: Scenario, url: str, keys: tuple[str, str]) -> Played:
    """Play it in the house that is built for it now; raises what a caller's own connection raises."""
    await _do(stage.build, replace(scenario.house, at=clock.now()))
    call = await _do(stage.make_call, scenario)
    await dispatch(url, keys, call.room_name, call.pk, call.ai_epoch)
    async with Caller(url, keys, call.room_name, call.caller_identity) as caller:
        run = _Run(scenario, call.pk, caller)
        derailed = await run.through()
    return await _do(read_call, call.pk, tuple(run.told), tuple(run.replies), derailed)


def _spoken_aloud(text: str, noise: float) -> np.ndarray:
    """The sentence and a second of the street after it; the same street every time."""
    voice = resample(samples_of(text.lower(), "en"), SAMPLE_RATE, RATE)
    sound = np.concatenate([voice, np.zeros(RATE, dtype=np.int16)])
    street = np.random.default_rng(7).normal(0.0, noise * float(np.abs(voice).max()) / 3, len(sound))
    return np.clip(sound + street, -32768, 32767).astype(np.int16)


async def _do(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await sync_to_async(function)(*args, **kwargs)


@dataclass
class _Run:
    scenario: Scenario
    call_id: str
    caller: Caller
    told: list[Told] = field(default_factory=list)
    replies: list[tuple[Reply, Told]] = field(default_factory=list)

    async def through(self) -> str:
        """All the steps; why not, where one of them could not be."""
        await self.caller.open_microphone()
        try:
            await self._until(lambda lines: len(lines) > 0, _WELCOME_SECONDS)
            for step in self.scenario.steps:
                for _ in range(step.times):
                    await self._take(step)
        except (stage.Derailed, TimeoutError) as error:
            return f"could not go on after {len(self.told)} turns: {str(error) or 'nothing was said'}"
        return ""

    async def _take(self, step: Step) -> None:
        state = await self._state()
        if state == CallState.ENDED or (step.unless is not None and state == step.unless):
            return
        if step.say is not None:
            await self._turn(step, step.say)
        elif step.silence:
            await asyncio.sleep(min(step.silence, _LONGEST_SILENCE))
        elif step.press:
            await _do(stage.press_for_person, self.call_id)
        elif step.agent:
            await _do(stage.act, step.agent, self.call_id)
        elif step.hang_up:
            await _do(stage.hang_up, self.call_id)
        else:
            raise stage.Derailed("an AI that dies is not for sound")

    async def _turn(self, step: Step, text: str) -> None:
        await self._wait_for_my_turn(step.interrupt)
        before, begun = {line.pk for line in await self._said()}, now()
        if text.isascii():
            begun = await self.caller.play(await asyncio.to_thread(_spoken_aloud, text, step.noise))
        else:
            await self.caller.type(text)
        if await self._state() == CallState.AGENT:
            return
        lines = await self._until(lambda lines: bool(_reply(lines, before)), _ANSWER_SECONDS)
        reply = _reply(lines, before)
        told = Told(text, " ".join(line.text for line in reply), reply[-1].language, (), max(0.0, now() - begun))
        self.told.append(told)
        if step.reply is not None:
            self.replies.append((replace(step.reply, actions=None), told))

    async def _wait_for_my_turn(self, interrupt: float | None) -> None:
        """Until the receptionist has finished, or so long into what it says."""
        if interrupt is not None:
            since = now()
            await self.caller.until(lambda: self.caller.first_sound(after=since - 1), _ANSWER_SECONDS)
            await asyncio.sleep(interrupt)
            return
        async with asyncio.timeout(_WELCOME_SECONDS):
            while self.caller.loud_share(now() - _QUIET, now()) > 0 and await self._state() != CallState.WAITING:  # noqa: ASYNC110 -- sound has no event
                await asyncio.sleep(_LOOK)

    async def _until(self, true: Callable[[list[TranscriptSegment]], bool], seconds: float) -> list[TranscriptSegment]:
        """Until what was said is so; TimeoutError after so long a silence. A line is stored when it has been said."""
        silent_since = now()
        while True:
            if true(await self._said()):
                # A reply of two sentences is two lines: the second comes while the first is heard. And what was cut off
                # is no reply any more once the caller's own line is there.
                await asyncio.sleep(_QUIET)
                if true(lines := await self._said()):
                    return lines
            elif await self._state() == CallState.ENDED and not true(await self._said()):
                raise stage.Derailed("the call ended without an answer")
            if self.caller.loud_share(now() - _QUIET, now()) > 0:
                silent_since = now()
            if now() - silent_since > seconds:
                raise TimeoutError
            await asyncio.sleep(_LOOK)

    async def _said(self) -> list[TranscriptSegment]:
        rows = TranscriptSegment.objects.filter(call_id=self.call_id).exclude(speaker=Speaker.SYSTEM)
        return await _do(lambda: list(rows.order_by("at", "pk")))

    async def _state(self) -> Any:
        return (await _do(Call.objects.get, pk=self.call_id)).state


def _reply(lines: Sequence[TranscriptSegment], before: Container[int]) -> list[TranscriptSegment]:
    """The AI's lines since the caller's own, of those that are new: one that he cut off comes before his."""
    new = [line for line in lines if line.pk not in before]
    own = [number for number, line in enumerate(new) if line.speaker == Speaker.CUSTOMER]
    return [line for line in new[own[-1] + 1 if own else 0 :] if line.speaker == Speaker.AI]
