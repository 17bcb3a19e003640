"""Everything that can happen to calls, agents and offers, in any order: the invariants hold after every step."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from django.db.models import Min
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from calls.models import Call
from calls.services import lifecycle, participants
from calls.states import LIVE, Role
from calls.telephony import Seen
from common import clock
from common.errors import ApiError
from queueing import candidates, matching, selectors, targets
from queueing.models import Agent, AgentSkill, CallbackRequest, Department, QueueEntry, Skill, SkillNeed
from queueing.services import (
    agents,
    by_hand,
    callbacks,
    calling_back,
    consulting,
    entries,
    handing_over,
    offers,
    supervision,
    sweeps,
    taking_over,
    transfers,
)
from queueing.states import (
    CALLBACK_OPEN,
    ENTRY_QUEUED,
    CallbackState,
    EntryState,
    Need,
    OfferState,
    Presence,
    Strategy,
    TransferKind,
    TransferState,
)
from queueing.supervising import SUPERVISION_LIVE, SupervisionState
from tests import flush
from tests.cast import make_agent, make_department
from tests.invariants import check_invariants
from tests.queueing.helpers import direct_call, enters, leaves, waiting_call

NAMES = ("alice", "bob", "dina")
SLUGS = ("support", "sales")
names, slugs = st.sampled_from(NAMES), st.sampled_from(SLUGS)
# Below, at and beyond every deadline there is.
times = st.sampled_from([0.5, 5, 15, 20, 30, 31, 600])


def tolerated(act: Callable[..., Any], *args: Any, **more: Any) -> None:
    """Being told that it cannot be done is part of life."""
    try:
        act(*args, **more)
    except ApiError:
        return


class Queue(RuleBasedStateMachine):
    """A call centre of three agents and two departments on a clock that moves only by its rule."""

    def __init__(self) -> None:
        super().__init__()
        flush._forget_rows(None)
        self.now = clock.now()
        self.stopped = ExitStack()
        self.in_rooms: dict[str, tuple[Call, Seen]] = {}

    def teardown(self) -> None:
        """The clock goes on."""
        self.stopped.close()

    def _stop_clock(self) -> None:
        self.stopped.close()
        self.stopped.enter_context(clock.frozen(self.now))

    @initialize(strategy=st.sampled_from(Strategy))
    def opens(self, strategy: Strategy) -> None:
        """bob speaks both languages and knows refunds best, alice English only, dina serves one department."""
        self._stop_clock()
        support, sales = (make_department(slug, is_default=slug == SLUGS[0], strategy=strategy) for slug in SLUGS)
        skill = Skill.objects.create(slug="refunds", name_en="Refunds")
        make_agent("alice", support, sales, languages=["en"])
        bob = make_agent("bob", support, sales, languages=["en", "ar"])
        make_agent("dina", sales)
        AgentSkill.objects.create(agent=bob, skill=skill, level=9)
        SkillNeed.objects.create(department=support, skill=skill, level=5)
        SkillNeed.objects.create(department=support, skill=skill, level=1, need=Need.NONE, after_seconds=20)

    @rule(slug=slugs, direct=st.booleans(), language=st.sampled_from(["en", "ar"]), priority=st.integers(-1, 2))
    def joins(self, slug: str, direct: bool, language: str, priority: int) -> None:
        """A new caller."""
        department = Department.objects.get(slug=slug)
        if direct:
            direct_call(department)
        else:
            waiting_call(department, language=language, priority=priority)

    @rule(name=names)
    def accepts(self, name: str) -> None:
        """What rings is answered."""
        agent = selectors.get_agent(name)
        offer = selectors.open_offer(agent)
        if offer is not None:
            tolerated(offers.accept_offer, str(offer.pk), agent=agent)

    @rule(name=names)
    def declines(self, name: str) -> None:
        """What rings is passed on."""
        agent = selectors.get_agent(name)
        offer = selectors.open_offer(agent)
        if offer is not None:
            tolerated(offers.decline_offer, str(offer.pk), agent=agent)

    @rule(name=names)
    def picks(self, name: str) -> None:
        """The next one, by hand."""
        tolerated(agents.pick_next, selectors.get_agent(name))

    @rule(name=names, status=st.sampled_from(Presence), after_call=st.booleans())
    def chooses(self, name: str, status: Presence, after_call: bool) -> None:
        """A presence, now or for after the call."""
        agents.set_presence(selectors.get_agent(name), status, after_call=after_call, actor=name)

    @rule(name=names)
    def arrives(self, name: str) -> None:
        """The agent's media is up: with his own caller, or with a colleague's to whom he was brought."""
        agent = selectors.get_agent(name)
        entry, talk = selectors.current_entry(agent), targets.handover_of(agent)
        brought = talk.call if talk is not None and talk.conference_at is not None else None
        call = entry.call if entry is not None else brought
        if call is not None and name not in self.in_rooms:
            self.in_rooms[name] = (call, enters(call, agent))

    @rule(name=names)
    def drops(self, name: str) -> None:
        """The agent's media is gone."""
        if name in self.in_rooms:
            leaves(*self.in_rooms.pop(name))

    @rule(name=names)
    def finishes(self, name: str) -> None:
        """Wrap-up is over by the agent's word."""
        tolerated(agents.finish_wrap_up, selectors.get_agent(name))

    @rule(name=names)
    def opens_desk(self, name: str) -> None:
        """A desk's heartbeat."""
        agents.renew_lease(selectors.get_agent(name).pk, until=self.now + timedelta(minutes=10))

    @rule(name=names, number=st.integers(0, 9))
    def takes_transfer(self, name: str, number: int) -> None:
        """One that is pending is accepted."""
        pending = list(selectors.pending_transfers())
        if pending:
            chosen = pending[number % len(pending)]
            tolerated(transfers.accept_transfer, chosen.public_id, agent=selectors.get_agent(name))

    @rule(name=names, other=names, kind=st.sampled_from([TransferKind.BLIND, TransferKind.CONSULT]))
    def hands_over(self, name: str, other: str, kind: TransferKind) -> None:
        """An agent asks another to take his caller, or to talk about him."""
        agent = selectors.get_agent(name)
        entry = selectors.current_entry(agent)
        if entry is not None:
            tolerated(handing_over.hand_over, entry.call, agent=agent, to=selectors.get_agent(other), kind=kind)

    @rule(name=names, stays=st.booleans())
    def ends_the_talk(self, name: str, stays: bool) -> None:
        """The first agent gives the caller, or the second goes."""
        agent = selectors.get_agent(name)
        begun = targets.handover_of(agent)
        if begun is not None and begun.state == TransferState.ACCEPTED:
            tolerated(consulting.complete if stays else consulting.leave, begun.public_id, agent=agent)

    @rule(name=names)
    def brings_him_to_the_caller(self, name: str) -> None:
        """Then all three talk."""
        begun = targets.handover_of(selectors.get_agent(name))
        if begun is not None and begun.state == TransferState.ACCEPTED:
            tolerated(consulting.begin_conference, begun.public_id, agent=selectors.get_agent(name))

    @rule(name=names)
    def takes_back(self, name: str) -> None:
        """And thinks better of it."""
        agent = selectors.get_agent(name)
        begun = targets.handover_of(agent)
        if begun is not None:
            tolerated(handing_over.take_back, begun.public_id, agent=agent)

    @rule(number=st.integers(0, 9), by_agent=st.booleans())
    def hangs_up(self, number: int, by_agent: bool) -> None:
        """A call ends."""
        living = list(Call.objects.filter(state__in=LIVE).annotate(nth=Min("entries__id")).order_by("nth"))
        if living:
            tolerated(lifecycle.hang_up, living[number % len(living)].pk, by_agent=by_agent, actor="somebody")

    @rule(number=st.integers(0, 9))
    def asks_for_callback(self, number: int) -> None:
        """A caller would rather be called back."""
        line = list(QueueEntry.objects.filter(state__in=ENTRY_QUEUED).select_related("call"))
        if line:
            call = line[number % len(line)].call
            tolerated(callbacks.request_callback, call, kind="callback", contact="0123", actor="caller")

    @rule(number=st.integers(0, 9), name=names, act=st.sampled_from(["assign", "priority", "move", "remove"]))
    def acts_by_hand(self, number: int, name: str, act: str) -> None:
        """A supervisor does something about a caller in line."""
        line = list(QueueEntry.objects.filter(state__in=ENTRY_QUEUED).order_by("pk"))
        if not line:
            return
        entry = by_hand.get_entry(str(line[number % len(line)].pk))
        if act == "assign":
            tolerated(by_hand.assign, entry, selectors.get_agent(name), actor="sam")
        elif act == "priority":
            tolerated(by_hand.set_priority, entry, number, actor="sam")
        elif act == "move":
            tolerated(by_hand.move, entry, Department.objects.get(slug=SLUGS[number % 2]), actor="sam")
        else:
            tolerated(by_hand.remove, entry, "by hand", actor="sam")

    @rule(number=st.integers(0, 9), name=names, act=st.sampled_from([*sorted(SUPERVISION_LIVE), "take_over", "leave"]))
    def supervises(self, number: int, name: str, act: str) -> None:
        """An agent who supervises as well is in a live call, or takes it over."""
        living = list(Call.objects.filter(state__in=LIVE).annotate(nth=Min("entries__id")).order_by("nth"))
        if not living:
            return
        call, user = living[number % len(living)], selectors.get_agent(name).user
        if act == "take_over":
            tolerated(taking_over.take_over, call, supervisor=user)
        elif act == "leave":
            supervision.leave(call, supervisor=user)
        else:
            tolerated(supervision.supervise, call, supervisor=user, to=SupervisionState(act))

    @rule(name=names, status=st.sampled_from(Presence))
    def is_set(self, name: str, status: Presence) -> None:
        """A supervisor sets a presence."""
        tolerated(by_hand.set_presence, selectors.get_agent(name), status, actor="sam")

    @rule(number=st.integers(0, 9))
    def answers_callback(self, number: int) -> None:
        """A page that rings is answered, and its caller comes into the room."""
        ringing = list(CallbackRequest.objects.filter(state=CallbackState.RINGING).order_by("pk"))
        if ringing:
            request = ringing[number % len(ringing)]
            with suppress(ApiError):
                call = calling_back.answer(request.call)
                seen = Seen(f"PA_c{call.pk}", call.caller_identity, "Carol", Role.CUSTOMER, is_agent_kind=False)
                participants.joined(call, seen)

    @rule(number=st.integers(0, 9), again=st.booleans())
    def prefers_another_way(self, number: int, again: bool) -> None:
        """Whoever is promised a callback calls again himself, or wants it later."""
        promised = list(CallbackRequest.objects.filter(state__in=CALLBACK_OPEN).order_by("pk"))
        if promised:
            call = promised[number % len(promised)].call
            if again:
                department = selectors.department_or_default(call.department)
                entries.join_queue(email="c@example.test", department=department, label="x", callback_of=call)
            else:
                tolerated(calling_back.put_to_later, call, actor="caller")

    @rule(slug=slugs, strategy=st.sampled_from(Strategy), language=st.sampled_from(Need), points=st.integers(0, 5))
    def changes_rules(self, slug: str, strategy: Strategy, language: Need, points: int) -> None:
        """The department's, while callers wait."""
        Department.objects.filter(slug=slug).update(
            strategy=strategy, language_need=language, language_relax_seconds=30, priority_per_minute=points
        )

    @rule(seconds=times)
    def time_passes(self, seconds: float) -> None:
        """And nothing else."""
        self.now += timedelta(seconds=seconds)
        self._stop_clock()

    @rule()
    def sweeps(self) -> None:
        """Beat fires; afterwards nobody waits who could be offered to somebody."""
        sweeps.sweep()
        departments = list(Department.objects.values_list("pk", flat=True))
        rules = candidates.rules_of(departments)
        waiting = candidates.waiting_entries(departments, rules) + candidates.ringing_entries(rules)
        cooling = candidates.cooling_pairs([entry.id for entry in waiting])
        free = candidates.free_agents(departments, rules)
        assert matching.plan(waiting, free, rules, clock.now(), cooling=cooling) == []

    @rule(slug=slugs)
    def nobody_rings_past_the_time(self, slug: str) -> None:
        """Every deadline that has passed is acted on by one sweep."""
        sweeps.sweep()
        assert not Agent.objects.filter(offers__state=OfferState.PENDING, offers__expires_at__lte=self.now).exists()
        connecting = QueueEntry.objects.filter(department__slug=slug, state=EntryState.CONNECTING)
        assert not connecting.filter(connect_deadline__lte=self.now).exists()

    @invariant()
    def holds(self) -> None:
        """What the architecture promises."""
        check_invariants()


def test_the_invariants_hold_after_every_step() -> None:
    run_state_machine_as_test(
        Queue,
        settings=settings(max_examples=12, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
    )
