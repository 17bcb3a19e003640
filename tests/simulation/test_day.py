"""Days as a planner plays them: files, staffing by the hour, agents needed, table, JSON and picture."""

from collections.abc import Sequence
from math import inf
from random import Random
from xml.etree import ElementTree as ET

import pytest

from queueing.simulation import read
from queueing.simulation.day import BadInput, Plan, Team, needed, play, workers
from queueing.simulation.model import Arrival, Rules
from queueing.simulation.plot import svg
from queueing.simulation.report import as_json, needs, table
from queueing.simulation.theory import agents_needed
from queueing.simulation.traffic import poisson

HOUR = 3600.0


def eternal() -> float:
    """Nobody gives up."""
    return inf


def calls(*seconds: float, department: str = "support", handling: float = 60.0) -> list[Arrival]:
    """Callers at these seconds."""
    return [Arrival(second, department, handling) for second in seconds]


def morning(load: float = 5.0) -> list[Arrival]:
    """Callers at random from 9 to 11, 180 s each."""
    found = poisson(Random(9), rate=load / 180, mean_handling=180, calls=1000, begin=9 * HOUR)
    return [call for call in found if call.second < 11 * HOUR]


# --- files -------------------------------------------------------------------------------------------------------
def test_callers_are_read_with_each_way_to_write_a_time() -> None:
    lines = ["time,department,handling,patience", "09:30,support,60,", "09:30:15,sales,61.5,20", "3600,support,5,0"]

    assert read.arrivals(lines, lambda: 99.0) == [
        Arrival(34_200, "support", 60, 99),
        Arrival(34_215, "sales", 61.5, 20),
        Arrival(3600, "support", 5, 0),
    ]


def test_columns_may_come_in_any_order_and_patience_may_be_left_out() -> None:
    lines = ["\ufeffHandling, Department ,time", "", "60, support ,9:05"]

    assert read.arrivals(lines, eternal) == [Arrival(32_700, "support", 60)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "Line 1: there is no column “time”"),
        (["time,department"], "Line 1: there is no column “handling”"),
        (["time,department,handling"], "There is no caller in it"),
        (["time,department,handling", "9:61,support,5"], "Line 2: time “9:61” is neither"),
        (["time,department,handling", "24:00,support,5"], "Line 2: time “24:00” is neither"),
        (["time,department,handling", "-5,support,5"], "Line 2: time “-5” is no number"),
        (["time,department,handling", "9:00,support,5", "", "9:01,support,soon"], "Line 4: handling “soon” is no"),
        (["time,department,handling", "9:00,support,nan"], "Line 2: handling “nan” is no number"),
        (["time,department,handling", "9:00,,5"], "Line 2: department is empty"),
        (["time,department,handling", "9:00,support,5,6,7"], "Line 2: more cells than columns"),
        (["time,department,handling", '9:00,"support,5'], "Line 2: unexpected end of data"),
    ],
)
def test_what_is_wrong_with_callers_is_said_with_its_line(lines: Sequence[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read.arrivals(lines, eternal)


def test_staffing_is_read_with_those_who_serve_two_departments() -> None:
    lines = ["department,hour,agents", "support,9,3", "support,10,4", "support+sales,9,1"]

    assert read.staffing(lines, {}) == {Team(("support",)): {9: 3, 10: 4}, Team(("support", "sales")): {9: 1}}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("support,24,3", "Line 2: hour “24” is no whole number from 0 to 23"),
        ("support,9,-1", "Line 2: agents “-1” is no whole number"),
        ("support,9,²", "Line 2: agents “²” is no whole number"),
        ("support+,9,1", "Line 2: “support\\+” are no departments"),
        ("support,9,1\nsupport,9,2", "Line 3: hour 9 of “support” is there twice"),
    ],
)
def test_what_is_wrong_with_staffing_is_said_with_its_line(line: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read.staffing(["department,hour,agents", *line.split("\n")], {})


# --- a day -------------------------------------------------------------------------------------------------------
def test_agents_of_an_hour_work_that_hour() -> None:
    found = workers({Team(("support",)): {9: 2, 10: 1}})

    assert [worker.shifts for worker in found] == [((9 * HOUR, 10 * HOUR), (10 * HOUR, 11 * HOUR)), ((32_400, 36_000),)]


def test_callers_before_the_first_agent_wait_for_him() -> None:
    day = play(calls(9 * HOUR - 30), {Team(("support",)): {9: 1}}, {})[0]

    assert (day.total.asa, day.total.service_level) == (30, 0)


def test_a_day_is_told_by_interval_and_in_all() -> None:
    arrivals = calls(9 * HOUR, 9 * HOUR + 10, 10 * HOUR)

    day = play(arrivals, {Team(("support",)): {9: 1, 10: 1}}, {}, minutes=30)[0]

    assert [row.offered for row in day.intervals] == [2, 0, 1]
    assert day.total.offered == 3
    assert day.total.service_level == pytest.approx(2 / 3)
    assert day.total.occupancy == pytest.approx(180 / 5400)


def test_several_departments_have_a_sum_in_which_time_is_not_counted_twice() -> None:
    arrivals = calls(9 * HOUR) + calls(9 * HOUR, department="sales")

    days = play(arrivals, {Team(("support",)): {9: 1}, Team(("sales",)): {9: 2}}, {})

    assert [day.department for day in days] == ["sales", "support", ""]
    assert (days[2].total.offered, days[2].total.agents) == (2, 3)


def test_callers_for_whom_nobody_works_are_named() -> None:
    with pytest.raises(BadInput, match="Callers come for “sales”, and nobody works for it"):
        play(calls(9 * HOUR, department="sales"), {Team(("support",)): {9: 1}, Team(("sales",)): {9: 0}}, {})


# --- agents needed -----------------------------------------------------------------------------------------------
def test_the_agents_found_meet_the_target_every_hour_and_one_less_would_not() -> None:
    plan, arrivals = Plan(Rules(wrap_up=20)), morning()

    need = needed(arrivals, "support", plan, 0.8)

    def worst(agents: dict[int, int]) -> float:
        day = play(arrivals, {Team(("support",)): agents}, {"support": plan})[0]
        return min(row.service_level for row in day.intervals)

    assert worst(dict(need.agents)) >= 0.8
    for hour in need.agents:
        assert worst({**need.agents, hour: need.agents[hour] - 1}) < 0.8


def test_the_agents_found_for_many_callers_are_about_those_of_erlang() -> None:
    arrivals = list(poisson(Random(10), rate=20 / 180, mean_handling=180, calls=4000, begin=0.0))
    full = [call for call in arrivals if call.second < 8 * HOUR]

    need = needed(full, "support", Plan(), 0.8)

    mean = need.hours / len(need.agents)
    assert abs(mean - agents_needed(20, 180, 20, 0.8)) <= 2


def test_a_target_no_number_of_agents_reaches_is_refused() -> None:
    with pytest.raises(BadInput, match="No number of agents reaches 80% from 09:00"):
        needed(calls(9 * HOUR), "support", Plan(Rules(answer_delay=25)), 0.8)


def test_impatience_shorter_than_the_ringing_is_no_endless_search() -> None:
    impatient = [Arrival(9 * HOUR + second, "support", 60, 3) for second in range(10)]

    with pytest.raises(BadInput, match="No number of agents"):
        needed(impatient, "support", Plan(Rules(answer_delay=5)), 0.8)


def test_an_hour_without_callers_between_others_keeps_one_agent() -> None:
    assert needed(calls(9 * HOUR, 11 * HOUR), "support", Plan(), 0.8).agents == {9: 1, 10: 1, 11: 1}


# --- what is shown -----------------------------------------------------------------------------------------------
def test_the_table_has_a_line_an_interval_and_one_for_all() -> None:
    day = play(calls(9 * HOUR, 9 * HOUR + 10), {Team(("support",)): {9: 1}}, {})[0]

    lines = table(day)

    assert len(lines) == 3
    assert lines[1].split() == ["09:00", "2", "2", "0", "0", "0", "50%", "25", "s", "50", "s", "3%", "1.0"]
    assert lines[2].split()[:3] == ["in", "all", "2"]
    assert len({len(line) for line in lines}) == 1


def test_json_has_the_same_figures() -> None:
    arrivals = calls(9 * HOUR, 9 * HOUR + 10)
    need = needed(arrivals, "support", Plan(), 0.8)

    found = as_json(play(arrivals, {Team(("support",)): {9: 1}}, {}), [need])

    department = found["departments"][0]
    assert (department["department"], department["total"]["service_level"]) == ("support", 0.5)
    assert department["intervals"][0]["from"] == "09:00"
    assert found["needed"][0]["hours"] == [{"hour": 9, "agents": 2, "erlang_c": need.erlang[9]}]
    assert needs(need)[1].split()[:2] == ["09:00", "2"]


def test_the_picture_is_well_formed_and_tells_its_figures_to_a_screen_reader() -> None:
    days = play(calls(9 * HOUR, department="a<b&c"), {Team(("a<b&c",)): {9: 1}}, {})

    root = ET.fromstring(svg(days, target=0.8))

    name = "{http://www.w3.org/2000/svg}"
    title, told = root.find(f"{name}title"), root.find(f"{name}desc")
    assert title is not None
    assert told is not None
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "sim-title sim-desc"
    assert told.text == "a<b&c: 1 callers, service level 100%, mean wait of the answered 0 s, occupancy 2%."
    assert "prefers-color-scheme" in svg(days)
    assert "<style" not in svg(days, style=False)


def test_agents_of_a_file_may_have_skills_and_languages() -> None:
    lines = [
        "department,hour,agents,skills,languages",
        "support,9,2,refunds:7+vip:3,EN+ar",
        "support,9,1,none,",
        "support,9,1,,",
    ]
    assert read.staffing(lines, {"refunds": 4, "vip": 9}) == {
        Team(("support",), ((4, 7), (9, 3)), frozenset({"en", "ar"})): {9: 2},
        Team(("support",), ()): {9: 1},
        Team(("support",)): {9: 1},
    }


@pytest.mark.parametrize(
    ("skills", "says"), [("french:3", "no skill “french”"), ("refunds", "like refunds:7"), ("refunds:11", "like")]
)
def test_a_skill_that_is_none_is_named_with_its_line(skills: str, says: str) -> None:
    with pytest.raises(BadInput, match=f"Line 2.*{says}"):
        read.staffing(["department,hour,agents,skills", f"support,9,2,{skills}"], {"refunds": 4})


def test_callers_of_a_file_may_have_a_priority_and_a_language() -> None:
    found = read.arrivals(
        ["time,department,handling,priority,language", "09:00,support,60,5,AR", "09:01,support,60,,"], lambda: 1.0
    )
    assert [(call.priority, call.language) for call in found] == [(5, "ar"), (0, "")]
    with pytest.raises(BadInput, match=r"Line 2.*priority"):
        read.arrivals(["time,department,handling,priority", "09:00,support,60,high"], lambda: 1.0)


def test_a_day_with_priorities_tells_them_apart() -> None:
    arrivals = [Arrival(9 * HOUR + second, "support", 100.0, priority=second % 2) for second in range(6)]
    day = play(arrivals, {Team(("support",)): {9: 1}}, {})[0]
    assert [(priority, row.offered) for priority, row in day.by_priority] == [(1, 3), (0, 3)]
    (_, high), (_, low) = day.by_priority
    assert high.asa < low.asa
    assert "priority" in " ".join(table(day))
    assert [row["priority"] for row in as_json([day], [])["departments"][0]["priorities"]] == [1, 0]
