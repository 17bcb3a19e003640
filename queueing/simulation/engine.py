"""The events of a day in their order, and the engine's matcher after each that may have changed something."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from math import inf
from random import Random
from typing import Protocol

from queueing.matching import Free
from queueing.simulation import matcher
from queueing.simulation.line import Line
from queueing.simulation.model import Arrival, Call, Fate, Outcome, Rules, Traffic, Worker

# What happens first when several things happen at one instant: an agent who is ready before the caller who would
# leave, and the outcome of a ringing offer before the end of the longest wait.
_STARTS, _FREE, _ANSWERED, _ENDED, _COOLED, _RELAXED, _ARRIVES, _LEAVES, _TIMED_OUT, _STOPS = range(10)
# Most of these find the caller answered long ago; such a one is no event of the day.
_WATCHES = frozenset({_COOLED, _RELAXED, _LEAVES, _TIMED_OUT})
_NO_RULES = Rules()
# Of whom nothing else is said: as good as anybody.
_HIGHEST = 10


class Observer(Protocol):
    """Who looks on, to judge what callers were told."""

    def queued(self, call: Call, position: int, staffed: int) -> None:
        """A caller has to wait at `position` (1 is next), `staffed` agents being there for the department."""

    def ended(self, call: Call) -> None:
        """A conversation is over."""


class _Agent:
    """A worker's present state and his figures. `idle_since` is kept while an offer rings, as the engine does."""

    __slots__ = (
        "at_work", "calls", "departments", "free", "idle_since", "languages", "leaving", "names", "offered_at",
        "skills", "talk",
    )  # fmt: skip

    def __init__(self, worker: Worker, numbers: Mapping[str, int], asked_for: Iterable[int]) -> None:
        self.skills = dict.fromkeys(asked_for, _HIGHEST) if worker.skills is None else dict(worker.skills)
        self.languages = worker.languages
        self.names = tuple(worker.departments)
        self.departments = {numbers[name]: order for name, order in worker.departments.items()}
        self.at_work: float | None = None
        self.idle_since = 0.0
        self.free = False
        self.leaving = False
        self.calls = 0
        self.talk = 0.0
        self.offered_at: dict[int, datetime] = {}

    def as_free(self, number: int) -> Free:
        """The row the engine's matcher looks at."""
        return Free(
            id=number,
            idle_since=matcher.moment(self.idle_since),
            departments=self.departments,
            calls_today=self.calls,
            talk_seconds_today=self.talk,
            offered_at=dict(self.offered_at),
            skills=self.skills,
            languages=self.languages,
        )


class Simulation:
    """One run. The same arrivals, workers, rules and seed (of who declines) always give the same outcome.

    Only as many of each kind in a line as agents are free go into the plan: nobody further back can be matched.
    Arrivals come in order of time, else ValueError, also for a department without any worker or rules, and for agents
    who decline everything.
    """

    def __init__(
        self,
        arrivals: Traffic,
        workers: Sequence[Worker],
        rules: Mapping[str, Rules] | None = None,
        observer: Observer | None = None,
        *,
        seed: int = 0,
    ) -> None:
        if any(not 0 <= rule.declines < 1 for rule in (rules or {}).values()):
            raise ValueError("Agents decline a share of the offers that is below 1.")
        self.outcome = Outcome(workers=tuple(workers))
        self._arrivals = iter(arrivals)
        self._rules = dict(rules or {})
        self._observer = observer
        names = sorted({name for worker in workers for name in worker.departments} | set(self._rules))
        self._numbers = {name: number for number, name in enumerate(names)}
        self._choosing = {number: self._rules.get(name, _NO_RULES).choosing for name, number in self._numbers.items()}
        asked_for = {step.skill for choosing in self._choosing.values() for step in choosing.skills}
        self._agents = [_Agent(worker, self._numbers, asked_for) for worker in workers]
        self._lines = {name: Line(self._rules.get(name, _NO_RULES).choosing) for name in names}
        # Pairs of caller and agent that have just come to nothing, until when.
        self._cooling: dict[tuple[int, int], float] = {}
        self._draw = Random(seed).random  # noqa: S311
        self._ringing = dict.fromkeys(names, 0)
        self._idle: dict[str, dict[int, Free]] = {name: {} for name in names}
        self._staffed = dict.fromkeys(names, 0)
        self._heap: list[tuple[float, int, int, int]] = []
        self._order = count()
        self._now = -inf
        self._next: Arrival | None = None

    def run(self) -> Outcome:
        """Play everything to its end and tell what happened."""
        acts = (
            self._start, self._become_free, self._answer, self._end, self._cool, self._relax,
            self._arrive, self._leave, self._time_out, self._stop,
        )  # fmt: skip
        for number, worker in enumerate(self.outcome.workers):
            for begin, until in _merged(worker.shifts):
                self._at(begin, _STARTS, number)
                if until < inf:
                    self._at(until, _STOPS, number)
        self._expect()
        heap = self._heap
        while heap:
            self._now, kind, _, what = heappop(heap)
            acts[kind](what)
            if kind not in _WATCHES:
                self.outcome.end = self._now
        self._close()
        return self.outcome

    def _at(self, second: float, kind: int, what: int) -> None:
        heappush(self._heap, (second, kind, next(self._order), what))

    def _expect(self) -> None:
        """Put the next arrival among the events; the others stay where they come from."""
        row = next(self._arrivals, None)
        if row is None:
            return
        arrival = Arrival(*row)
        if arrival.second < self._now:
            raise ValueError(f"A call at {arrival.second:g} s comes after one at {self._now:g} s: sort them by time.")
        if arrival.department not in self._lines:
            raise ValueError(f"Nobody works for “{arrival.department}”.")
        self._next = arrival
        self._at(arrival.second, _ARRIVES, 0)

    # --- callers ---------------------------------------------------------------------------------------------------
    def _arrive(self, _: int) -> None:
        arrival = self._next
        assert arrival is not None  # noqa: S101
        number, name = len(self.outcome.calls), arrival.department
        call = Call(number, name, arrival.second, arrival.handling, arrival.patience)
        call.priority, call.language = arrival.priority, arrival.language
        self.outcome.calls.append(call)
        self._stand_in_line(call)
        self._match((name,))
        if call.answered is None:
            self._wait(call)
        self._expect()

    def _stand_in_line(self, call: Call) -> None:
        department = self._numbers[call.department]
        row = matcher.waiting(call.number, department, call.arrived, call.priority, call.language)
        self._lines[call.department].add(row)

    def _wait(self, call: Call) -> None:
        for after in self._lines[call.department].steps:
            self._at(call.arrived + after, _RELAXED, call.number)
        rules = self._rules.get(call.department, _NO_RULES)
        if call.patience < inf:
            self._at(call.arrived + call.patience, _LEAVES, call.number)
        if rules.max_wait < inf:
            self._at(call.arrived + rules.max_wait, _TIMED_OUT, call.number)
        if self._observer is not None and call.offered is None:
            position = len(self._lines[call.department]) + self._ringing[call.department]
            self._observer.queued(call, position, self._staffed[call.department])

    def _leave(self, number: int) -> None:
        """The caller hangs up: from the line, or while an agent's desk rings, who then is idle as before."""
        call = self.outcome.calls[number]
        if call.ended is not None or call.answered is not None:
            return
        call.fate, call.ended, self.outcome.end = Fate.ABANDONED, self._now, self._now
        if call.worker is None:
            self._lines[call.department].remove(number)
            return
        self._ringing[call.department] -= 1
        call.free_again = self._now
        self._release(call.worker, self._agents[call.worker].idle_since)

    def _time_out(self, number: int) -> None:
        """The longest wait is over; an offer that rings decides first."""
        call = self.outcome.calls[number]
        if call.ended is None and call.worker is None:
            call.fate, call.ended, self.outcome.end = Fate.TIMED_OUT, self._now, self._now
            self._lines[call.department].remove(number)

    def _relax(self, number: int) -> None:
        """Less is asked for from now on: somebody who is free may do."""
        call = self.outcome.calls[number]
        if number in self._lines[call.department]:
            self._match((call.department,))

    # --- matching --------------------------------------------------------------------------------------------------
    def _match(self, names: Iterable[str]) -> None:
        """Before each event nothing could be matched, so only what it touched has to be looked at."""
        lines = [(self._lines[name], self._idle[name]) for name in names if self._lines[name]]
        agents: dict[int, Free] = {}
        for _, idle in lines:
            agents.update(idle)
        if not agents:
            return
        cooling = {number for number, _ in self._cooling}
        waiting = [entry for line, _ in lines for entry in line.first(len(agents), self._now, cooling)]
        pairs = matcher.pairs(waiting, list(agents.values()), self._choosing, self._now, self._cooling)
        for number, worker in pairs:
            self._offer(self.outcome.calls[number], worker)

    def _offer(self, call: Call, worker: int) -> None:
        self._lines[call.department].remove(call.number)
        self._engage(worker)
        self._agents[worker].offered_at[self._numbers[call.department]] = matcher.moment(self._now)
        call.asked, call.worker = self._now, worker
        if call.offered is None:
            call.offered = self._now
        self._ringing[call.department] += 1
        rules = self._rules.get(call.department, _NO_RULES)
        if rules.answer_delay > 0 or rules.declines > 0:
            self._at(self._now + rules.answer_delay, _ANSWERED, call.number)
        else:
            self._answer(call.number)

    def _answer(self, number: int) -> None:
        call = self.outcome.calls[number]
        if call.ended is None:
            self._ringing[call.department] -= 1
            rules = self._rules.get(call.department, _NO_RULES)
            if rules.declines and self._draw() < rules.declines:
                self._decline(call, rules)
                return
            call.fate, call.answered = Fate.ANSWERED, self._now
            self._count(call)
            self._at(self._now + call.handling, _ENDED, number)

    def _decline(self, call: Call, rules: Rules) -> None:
        """Back in line at the old place; the agent is idle as before, and is asked about others."""
        worker = call.worker
        assert worker is not None  # noqa: S101
        assert call.asked is not None  # noqa: S101
        self.outcome.declined.append((worker, call.asked, self._now))
        call.declined, call.worker, call.asked = call.declined + 1, None, None
        if rules.cooldown > 0:
            self._cooling[call.number, worker] = self._now + rules.cooldown
            self._at(self._now + rules.cooldown, _COOLED, call.number)
        self._stand_in_line(call)
        if self._now - call.arrived >= rules.max_wait:
            self._time_out(call.number)
        self._release(worker, self._agents[worker].idle_since)
        self._match((call.department,))

    def _cool(self, number: int) -> None:
        """Whoever has declined this caller may be asked about him again."""
        for pair in [pair for pair, until in self._cooling.items() if pair[0] == number and until <= self._now]:
            del self._cooling[pair]
        call = self.outcome.calls[number]
        if number in self._lines[call.department]:
            self._match((call.department,))

    def _count(self, call: Call) -> None:
        assert call.worker is not None  # noqa: S101
        agent = self._agents[call.worker]
        agent.calls += 1
        agent.talk += call.handling

    def _end(self, number: int) -> None:
        call = self.outcome.calls[number]
        call.ended = self._now
        wrap_up = self._rules.get(call.department, _NO_RULES).wrap_up
        call.free_again = self._now + wrap_up
        if self._observer is not None:
            self._observer.ended(call)
        if wrap_up > 0:
            self._at(call.free_again, _FREE, number)
        else:
            self._become_free(number)

    # --- agents ----------------------------------------------------------------------------------------------------
    def _start(self, worker: int) -> None:
        agent = self._agents[worker]
        agent.leaving = False
        if agent.at_work is None:
            agent.at_work = self._now
            for name in agent.names:
                self._staffed[name] += 1
            self._release(worker, self._now)

    def _stop(self, worker: int) -> None:
        """The end of a shift: at once for who is idle, after the call and its wrap-up for others."""
        agent = self._agents[worker]
        if agent.at_work is None:
            return
        if agent.free:
            self._engage(worker)
            self._go_home(worker)
        else:
            agent.leaving = True

    def _become_free(self, number: int) -> None:
        worker = self.outcome.calls[number].worker
        assert worker is not None  # noqa: S101
        self._release(worker, self._now)

    def _release(self, worker: int, idle_since: float) -> None:
        agent = self._agents[worker]
        if agent.leaving:
            self._go_home(worker)
            return
        agent.free, agent.idle_since = True, idle_since
        free = agent.as_free(worker)
        for name in agent.names:
            self._idle[name][worker] = free
        self._match(agent.names)

    def _engage(self, worker: int) -> None:
        agent = self._agents[worker]
        agent.free = False
        for name in agent.names:
            del self._idle[name][worker]

    def _go_home(self, worker: int) -> None:
        agent = self._agents[worker]
        assert agent.at_work is not None  # noqa: S101
        self.outcome.presence.append((worker, agent.at_work, self._now))
        agent.at_work, agent.leaving = None, False
        for name in agent.names:
            self._staffed[name] -= 1

    def _close(self) -> None:
        """Nothing can happen any more; who is still at work has been there until now."""
        self._now = self.outcome.end
        for worker, agent in enumerate(self._agents):
            if agent.at_work is not None:
                self._go_home(worker)


def _merged(shifts: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Shifts that touch are one: nobody goes home between them."""
    found: list[tuple[float, float]] = []
    for begin, until in sorted(shifts):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((begin, until))
    return found


def simulate(
    arrivals: Traffic,
    workers: Sequence[Worker],
    rules: Mapping[str, Rules] | None = None,
    observer: Observer | None = None,
    *,
    seed: int = 0,
) -> Outcome:
    """Run once; see `Simulation`."""
    return Simulation(arrivals, workers, rules, observer, seed=seed).run()
