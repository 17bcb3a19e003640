"""Plays a scenario as text: the real database, services and queue, and whichever engine answers."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection

from calls.models import Call
from calls.states import AILeft, CallState, Speaker
from evals import stage
from evals.played import Played, Told, read_call
from evals.scenario import AgentAct, Reply, Scenario, Step
from voicebot.gateway import DjangoGateway
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import Engine
from voicebot.receptionist.prompts import opening, refusal_sentence

T = TypeVar("T")

_TURN_SECONDS = 120.0
_BETWEEN = 4.0  # seconds the company's clock goes on with each turn


def play(scenario: Scenario, engine: Engine) -> Played:
    """Play it in an empty database; what was said and what the database says in the end."""
    with stage.time_at(scenario.house.at) as clock, _loop() as loop:
        stage.build(scenario.house)
        run = _Run(engine, clock, loop, stage.make_call(scenario).pk)
        derailed = run.through(scenario)
        return read_call(run.call_id, tuple(run.told), tuple(run.replies), derailed)


@contextmanager
def _loop() -> Iterator[asyncio.Runner]:
    """An event loop whose database work has one thread and one connection: a new one each time costs most of a turn."""
    with ThreadPoolExecutor(1) as database, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(database)
        database.submit(_keep_connection).result()
        try:
            yield runner
        finally:
            database.submit(_close_connection).result()


def _keep_connection() -> None:
    connection.ensure_connection()
    connection.close_at = None


def _close_connection() -> None:
    connection.close()


@dataclass
class _Run:
    """One play on its way."""

    engine: Engine
    clock: stage.Time
    loop: asyncio.Runner
    call_id: str
    told: list[Told] = field(default_factory=list)
    replies: list[tuple[Reply, Told]] = field(default_factory=list)
    gateway: DjangoGateway = field(default_factory=DjangoGateway)
    _refusals: int = 0

    def through(self, scenario: Scenario) -> str:
        """All the steps; why not, where one of them could not be."""
        try:
            self.answer()
            for step in scenario.steps:
                for _ in range(step.times):
                    self.take(step)
        except stage.Derailed as error:
            return f"could not go on after {len(self.told)} turns: {error}"
        return ""

    def answer(self) -> None:
        """The AI comes into the room, as its job would: it takes the lease and says who it is."""
        epoch = Call.objects.get(pk=self.call_id).ai_epoch
        if not self._wait(self.gateway.begin(self.call_id, epoch)):
            raise stage.Derailed("the AI was not let in")
        facts = self._wait(self.gateway.facts(self.call_id))
        for sentence in opening(facts):
            self._say(sentence, facts.language)
        self._wait(self.gateway.welcomed(self.call_id, epoch))

    def take(self, step: Step) -> None:
        """One step; nothing more happens in a call that has ended."""
        self.clock.pass_(_BETWEEN)
        state = CallState(Call.objects.get(pk=self.call_id).state)
        if state == CallState.ENDED or (step.unless is not None and state == step.unless):
            return
        if step.say is not None:
            self._turn(step, step.say)
        elif step.silence:
            self._let_pass(step.silence)
        elif step.press:
            stage.press_for_person(self.call_id)
        elif step.agent:
            self._agent(step.agent)
        elif step.hang_up:
            stage.hang_up(self.call_id)
        else:
            self._lose_the_ai()

    def _turn(self, step: Step, text: str) -> None:
        begun = time.perf_counter()
        turn = self._wait(converse(self.gateway, self.engine, self.call_id, text))
        told = Told(text, turn.reply, turn.language, turn.actions, time.perf_counter() - begun)
        self.told.append(told)
        if step.reply is not None:
            self.replies.append((step.reply, told))

    def _let_pass(self, seconds: float) -> None:
        self.clock.pass_(seconds)
        epoch = Call.objects.get(pk=self.call_id).ai_epoch
        self._wait(self.gateway.heartbeat(self.call_id, epoch))
        stage.sweep()
        pulse = self._wait(self.gateway.heartbeat(self.call_id, epoch))
        if pulse.alive and pulse.queue_refusal > self._refusals:
            self._refusals = pulse.queue_refusal
            facts = self._wait(self.gateway.facts(self.call_id))
            said = refusal_sentence(facts, facts.refused_by, facts.queue_outcome, facts.queue_offer)
            self._say(said, facts.language)

    def _agent(self, agent_act: AgentAct) -> None:
        before = Call.objects.get(pk=self.call_id)
        stage.act(agent_act, self.call_id)
        after = Call.objects.get(pk=self.call_id)
        if after.state == CallState.AGENT and before.state != CallState.AGENT:
            self._wait(self.gateway.left(self.call_id, after.ai_epoch, reason=AILeft.HANDED_OVER))
        if after.state == CallState.AI and after.ai_epoch != before.ai_epoch:
            self.answer()

    def _lose_the_ai(self) -> None:
        """The job dies; another AI is sent for, and comes."""
        self._wait(self.gateway.left(self.call_id, Call.objects.get(pk=self.call_id).ai_epoch, reason=AILeft.FAILED))
        self.answer()

    def _say(self, text: str, language: str) -> None:
        self._wait(self.gateway.add_line(self.call_id, speaker=Speaker.AI, text=text, language=language))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(asyncio.wait_for(work, _TURN_SECONDS))
