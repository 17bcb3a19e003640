"""`manage.py simulate`."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from calls.models import Call
from queueing import arrivals as history
from queueing.models import Agent, Department, Offer, QueueEntry, Skill, SkillNeed
from queueing.simulation.day import BadInput
from queueing.states import EntryState
from tests.cast import make_call

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def run(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def callers(tmp_path: Path) -> str:
    """A file with an hour's callers, one a minute of 150 s."""
    path = tmp_path / "callers.csv"
    rows = [f"09:{minute:02},support,150,{'' if minute % 2 else 45}" for minute in range(60)]
    path.write_text("\n".join(["time,department,handling,patience", *rows]), encoding="utf-8")
    return str(path)


@pytest.mark.django_db
class TestFile:
    """Callers from a file."""

    def test_it_prints_a_table_and_writes_json_and_a_picture(self, callers: str, tmp_path: Path) -> None:
        to, picture = tmp_path / "day.json", tmp_path / "day.svg"

        out = run("--arrivals", callers, "--agents", "support=3", "--json", str(to), "--svg", str(picture))

        assert "support, within 20 s" in out
        assert "in all" in out
        total = json.loads(to.read_text())["departments"][0]["total"]
        assert (total["offered"], total["answered"], total["service_level"]) == (60, 60, 1.0)
        assert picture.read_text().startswith("<svg")

    def test_fewer_agents_answer_fewer_in_time(self, callers: str, tmp_path: Path) -> None:
        levels = []
        for agents in (1, 2, 3):
            to = tmp_path / f"{agents}.json"
            run("--arrivals", callers, "--agents", f"support={agents}", "--json", str(to))
            levels.append(json.loads(to.read_text())["departments"][0]["total"]["service_level"])

        assert levels == sorted(levels)
        assert levels[0] < 0.5 < levels[2]

    def test_it_finds_the_agents_for_a_target(self, callers: str, tmp_path: Path) -> None:
        to = tmp_path / "day.json"

        out = run("--arrivals", callers, "--target-service-level", "80", "--json", str(to))

        assert "support: agents for 80% within 20 s, every hour" in out
        assert "With these agents:" in out
        found = json.loads(to.read_text())
        assert found["needed"][0]["hours"][0]["agents"] == 3
        assert found["departments"][0]["intervals"][0]["service_level"] >= 0.8

    def test_the_departments_settings_count_unless_an_option_says_otherwise(self, callers: str) -> None:
        Department.objects.create(slug="support", name_en="Support", wrap_up_seconds=0, service_level_seconds=45)

        assert "within 45 s" in run("--arrivals", callers, "--agents", "support=3")
        assert "within 10 s" in run("--arrivals", callers, "--agents", "support=3", "--within", "10")

    def test_staffing_by_the_hour_comes_from_a_file(self, callers: str, tmp_path: Path) -> None:
        staffing = tmp_path / "staff.csv"
        staffing.write_text("department,hour,agents\nsupport,9,3\n", encoding="utf-8")

        assert "3.0" in run("--arrivals", callers, "--staffing", str(staffing), "--interval", "30")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--agents", "support"], "--agents: “support” is not like support=5"),
            (["--agents", "support=-1"], "--agents: “support=-1” is not like"),
            (["--agents", "sales=5"], "Callers come for “support”, and nobody works for it"),
            ([], "Say who works, with --agents or --staffing"),
            (["--staffing", "nowhere.csv"], "--staffing: nowhere.csv cannot be read: No such file"),
            (["--department", "sales", "--agents", "sales=1"], "--department: nobody in .* calls sales"),
            (["--within", "soon"], "argument --within: “soon” is no number of seconds"),
            (["--target-service-level", "0"], "argument --target-service-level: “0” is no percentage"),
            (["--target-service-level", "80", "--answer-delay", "30"], "--target-service-level: No number of agents"),
            (["--interval", "7"], "argument --interval: invalid choice"),
            (["--agents", "support=3", "--json", "/nowhere/x.json"], "--json: /nowhere/x.json cannot be written"),
        ],
    )
    def test_bad_options_are_named(self, callers: str, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            run("--arrivals", callers, *arguments)

    def test_a_bad_line_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.csv"
        path.write_text("time,department,handling\n9:00,support,many\n", encoding="utf-8")

        with pytest.raises(CommandError, match=r"bad.csv: Line 2: handling “many” is no number of seconds"):
            run("--arrivals", str(path), "--agents", "support=1")

    def test_a_file_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "picture.csv"
        path.write_bytes(b"\xff\xfe\x00")

        with pytest.raises(CommandError, match="is not UTF-8 text"):
            run("--arrivals", str(path), "--agents", "support=1")


@pytest.fixture
def support(db: None) -> Department:
    """A department."""
    return Department.objects.create(slug="support", name_en="Support", is_default=True)


def came(
    department: Department,
    minute: float,
    *,
    call: Call | None = None,
    state: EntryState = EntryState.DONE,
    **seconds: float,
) -> QueueEntry:
    """A caller of the day, `minute` after nine; `seconds` are after he came, by the name of their column."""
    at = DAY + timedelta(hours=9, minutes=minute)
    times = {name: at + timedelta(seconds=value) for name, value in seconds.items()}
    return QueueEntry.objects.create(
        call=call or make_call(department=department.slug),
        department=department,
        enqueued_at=at,
        state=state,
        **times,
    )


class TestHistory:
    """Callers from the database."""

    def test_the_answered_bring_their_handling_and_those_who_left_their_patience(self, support: Department) -> None:
        came(support, 0, answered_at=10, connected_at=12, ended_at=112)
        came(support, 1, state=EntryState.ABANDONED, ended_at=40)

        first, second = history.of_day(date(2026, 3, 2), UTC)

        assert (first.second, first.department, first.handling) == (9 * 3600, "support", 100)
        assert first.patience > 10
        assert (second.second, second.patience) == (9 * 3600 + 60, 40)
        assert second.handling == 100

    def test_when_nobody_left_nobody_would(self, support: Department) -> None:
        came(support, 0, answered_at=10, connected_at=12, ended_at=112)

        assert history.of_day(date(2026, 3, 2), UTC)[0].patience == float("inf")

    def test_a_caller_handed_to_another_department_while_waiting_came_once(self, support: Department) -> None:
        sales = Department.objects.create(slug="sales", name_en="Sales")
        moved = came(support, 0, state=EntryState.OVERFLOWED, ended_at=60)
        came(sales, 0, call=moved.call, answered_at=70, connected_at=70, ended_at=130)

        found = history.of_day(date(2026, 3, 2), UTC)

        assert [(call.department, call.handling) for call in found] == [("support", 60)]

    def test_who_came_when_it_was_closed_did_not_wait(self, support: Department) -> None:
        came(support, 0, state=EntryState.REJECTED_CLOSED, ended_at=0)

        with pytest.raises(BadInput, match="Nobody called on 2026-03-02"):
            history.of_day(date(2026, 3, 2), UTC)

    def test_a_day_is_that_of_the_time_zone(self, support: Department) -> None:
        came(support, 15.5 * 60, answered_at=1, connected_at=1, ended_at=61)

        found = history.of_day(date(2026, 3, 3), ZoneInfo("Asia/Riyadh"))

        assert found[0].second == 3.5 * 3600

    def test_the_same_seed_draws_the_same(self, support: Department) -> None:
        came(support, 0, answered_at=10, connected_at=12, ended_at=112)
        came(support, 1, state=EntryState.ABANDONED, ended_at=40)

        assert history.of_day(date(2026, 3, 2), UTC, seed=3) == history.of_day(date(2026, 3, 2), UTC, seed=3)

    def test_the_command_plays_a_past_day(self, support: Department) -> None:
        for minute in range(10):
            came(support, minute, answered_at=10, connected_at=12, ended_at=112)

        out = run("--day", "2026-03-02", "--agents", "support=4")

        assert "09:00" in out
        assert "100%" in out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--day", "2026-02-30"], "argument --day: “2026-02-30” is no day"),
            (["--day", "2026-03-05"], "--day: Nobody called on 2026-03-05"),
            (["--day", "2026-03-02", "--department", "nosuch"], "--department: There is no department “nosuch”"),
            (["--day", "2026-03-02", "--time-zone", "Mars"], "argument --time-zone: “Mars” is no time zone"),
        ],
    )
    def test_bad_options_are_named(self, support: Department, arguments: list[str], message: str) -> None:
        came(support, 0, answered_at=10, connected_at=12, ended_at=112)

        with pytest.raises(CommandError, match=message):
            run(*arguments, "--agents", "support=4")


@pytest.mark.django_db
class TestRouting:
    """Priorities, declines and skills."""

    def figures(self, tmp_path: Path, *arguments: str) -> dict[str, Any]:
        to = tmp_path / "day.json"
        run(*arguments, "--json", str(to))
        return json.loads(to.read_text())["departments"][0]  # type: ignore[no-any-return]

    def test_a_share_of_the_callers_may_go_first(self, callers: str, tmp_path: Path) -> None:
        found = self.figures(tmp_path, "--arrivals", callers, "--agents", "support=2", "--priority", "5=25")
        high, low = found["priorities"]
        assert (high["priority"], low["priority"], high["offered"] + low["offered"]) == (5, 0, 60)
        assert high["answered"] / high["offered"] > low["answered"] / low["offered"]
        with pytest.raises(CommandError, match="more than all"):
            run("--arrivals", callers, "--agents", "support=2", "--priority", "5=60", "--priority", "3=50")

    def test_declines_lengthen_the_wait(self, callers: str, tmp_path: Path) -> None:
        given = ("--arrivals", callers, "--agents", "support=3", "--answer-delay", "5", "--patience", "0")
        waits = [self.figures(tmp_path, *given, "--declines", share)["total"]["asa"] for share in ("0", "20", "40")]
        assert waits == sorted(set(waits))
        with pytest.raises(CommandError, match="from 0 to 95"):
            run(*given, "--declines", "100")

    def test_agents_may_be_given_skills_and_languages(
        self, callers: str, tmp_path: Path, alice: Agent, support: Department
    ) -> None:
        skill = Skill.objects.create(slug="refunds", name_en="Refunds")
        SkillNeed.objects.create(department=support, skill=skill, level=7)

        def answered(*agents: str) -> int:
            found = self.figures(tmp_path, "--arrivals", callers, *agents)
            return int(found["total"]["answered"])

        assert answered("--agents", "support=3") == 60
        assert answered("--agents", "support=3/none") == 0
        assert answered("--agents", "support=3/none", "--agents", "support=3/refunds:7/en+ar") == 60
        assert answered("--agents", "support=3", "--own-skills") == 0
        alice.skills.create(skill=skill, level=8)
        assert answered("--agents", "support=3", "--own-skills") == 60

    def test_the_share_declined_is_that_of_the_day(self, alice: Agent, support: Department) -> None:
        entry = QueueEntry.objects.create(
            call=make_call(), department=support, state=EntryState.DONE, enqueued_at=DAY, priority=3
        )
        for state in ("declined", "connected", "connected", "connected", "timed_out"):
            Offer.objects.create(entry=entry, agent=alice, state=state, created_at=DAY)
        assert history.declines(DAY.date(), UTC) == {"support": 0.25}
        assert history.declines(DAY.date() + timedelta(days=1), UTC) == {}
        (call,) = history.of_day(DAY.date(), UTC)
        assert (call.priority, call.language) == (3, entry.call.language)
