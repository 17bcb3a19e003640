"""The simulation's page: who may play a day, and what is said of it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from agents_ui import what_if
from agents_ui.texts import words
from queueing.models import Agent, Department, QueueEntry, Skill, SkillNeed
from queueing.states import EntryState
from tests.cast import make_call, signed_in

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENT = "/desk/simulation/?day=2026-03-02&agents-support={agents}&agents-billing=0&delay=0&target={target}"


@pytest.fixture
def a_day(support: Department) -> None:
    """Forty calls of two minutes, one each minute from nine."""
    for minute in range(40):
        at = NINE + timedelta(minutes=minute)
        QueueEntry.objects.create(
            call=make_call(department=support.slug), department=support, state=EntryState.DONE, enqueued_at=at,
            answered_at=at, connected_at=at, ended_at=at + timedelta(seconds=120),
        )  # fmt: skip


def page(user: User, path: str) -> str:
    """The page as that user gets it."""
    response = signed_in(user).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_is_for_supervisors(alice: Agent, sam: User) -> None:
    assert signed_in(alice.user).get("/desk/simulation/").status_code == 403
    assert 'data-testid="simulation-form"' in page(sam, "/desk/simulation/")


def test_the_wallboard_leads_to_it(sam: User) -> None:
    assert 'href="/desk/simulation/"' in page(sam, "/desk/wallboard/")


def test_a_day_is_shown_as_a_picture_and_a_table(a_day: None, sam: User) -> None:
    html = page(sam, SENT.format(agents=1, target=""))

    assert '<svg class="sim"' in html
    assert "40 callers" in html
    assert html.count('data-testid="simulation-table"') == 1
    assert "simulation-needs" not in html


def test_the_agents_needed_for_a_service_level_are_shown(a_day: None, sam: User) -> None:
    html = page(sam, SENT.format(agents=5, target=80))

    needs = html[html.index("simulation-needs") :]
    assert re.findall(r"<td>([^<]+)</td>", needs) == ["09:00", "3"]


def test_the_page_in_arabic_has_its_words_in_the_picture_too(a_day: None, sam: User) -> None:
    html = page(sam, SENT.format(agents=3, target=80) + "&lang=ar")

    assert words("ar")["sim_title"] in html
    assert words("ar")["sim_in_time"] in html
    assert words("en")["sim_in_time"] not in html


def test_the_picture_stands_in_the_page_without_a_style_of_its_own(a_day: None, sam: User) -> None:
    html = page(sam, SENT.format(agents=3, target=80))

    assert "<style" not in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("day=2026-03-03&agents-support=1", "sim_no_calls"),
        ("day=2026-02-30&agents-support=1", "sim_bad_day"),
        ("day=%00&agents-support=1", "sim_bad_day"),
        ("day=9999-12-31&agents-support=1", "sim_no_calls"),
        ("day=0001-01-01&agents-support=1", "sim_no_calls"),
        ("day=2026-03-02&agents-support=0", "sim_nobody_works"),
        ("day=2026-03-02&agents-support=-1", "sim_bad_number"),
        ("day=2026-03-02&agents-support=501", "sim_bad_number"),
        ("day=2026-03-02&agents-support=%D9%A3", "sim_bad_number"),
        ("day=2026-03-02&agents-support=1&target=101", "sim_bad_number"),
        ("day=2026-03-02&agents-support=1&delay=301", "sim_bad_number"),
        ("day=2026-03-02&agents-support=1&delay=60&target=80", "sim_unreachable"),
    ],
)
def test_what_cannot_be_played_is_said_and_the_form_is_kept(a_day: None, sam: User, query: str, word: str) -> None:
    html = page(sam, f"/desk/simulation/?agents-billing=0&{query}")

    assert words("en")[word] in html
    assert 'aria-invalid="true"' in html
    assert "<svg class=" not in html


def test_a_day_too_long_for_a_page_is_refused(a_day: None, sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOST_CALLS", 39)

    assert words("en")["sim_too_many"] in page(sam, SENT.format(agents=1, target=""))


def test_agents_play_with_their_own_skills_if_wished(a_day: None, alice: Agent, support: Department, sam: User) -> None:
    skill = Skill.objects.create(slug="refunds", name_en="Refunds")
    SkillNeed.objects.create(department=support, skill=skill)
    everybody = re.findall(r"<td>(\d+)</td>", page(sam, SENT.format(agents=3, target="")))
    assert everybody[:2] == ["40", "40"]
    answered = re.findall(r"<td>(\d+)</td>", page(sam, SENT.format(agents=3, target="") + "&own=on"))
    assert answered[:2] == ["40", "0"]


def test_a_share_of_offers_may_be_declined(a_day: None, sam: User) -> None:
    def waits(declines: str) -> float:
        html = page(sam, SENT.format(agents=4, target="") + f"&declines={declines}")
        return float(re.findall(r"mean wait of the answered (\d+) s", html)[0])

    assert waits("0") < waits("50")
    assert 'aria-invalid="true"' in page(sam, SENT.format(agents=4, target="") + "&declines=99")
