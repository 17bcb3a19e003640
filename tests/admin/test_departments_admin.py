"""Departments, frequent questions, dispositions, the company."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse

from calls.models import Company
from queueing.hours import Special, is_open
from queueing.models import Agent, Department, Faq, Membership, Skill, SpecialDay
from queueing.opening import hours_of

pytestmark = pytest.mark.django_db
LIST = "/admin/queueing/department/"


def form(department: Department, *faqs: dict[str, str], **values: Any) -> dict[str, Any]:
    """What the browser sends for a department without members."""
    names = (
        "service_level_formula", "alarm_waiting", "alarm_wait_seconds", "alarm_service_level",
        "name_en", "name_ar", "description_en", "description_ar", "synonyms", "offer_seconds", "wrap_up_seconds",
        "wrap_up_extension_seconds", "grace_seconds", "max_wait_seconds", "decline_cooldown_seconds",
        "short_abandon_seconds", "service_level_seconds", "strategy", "time_zone",
        "language_need", "language_relax_seconds",
        "priority_per_minute", "sticky_seconds", "max_waiting", "announce_seconds", "when_closed",
        "when_full", "when_unstaffed", "when_timed_out",
        "callback_attempts", "callback_retry_seconds", "callback_ring_seconds",
        "voice_provider", "voice_speaker", "voice_name",
    )  # fmt: skip
    sent = {name: getattr(department, name) for name in names} | {"is_active": "on", "ai_first": "on"}
    for number, faq in enumerate(faqs):
        sent |= {f"faqs-{number}-{name}": value for name, value in ({"order": "0"} | faq).items()}
    inlines = ("faqs", "memberships", "opening_hours", "special_days", "skill_needs")
    sizes = {f"{name}-{count}_FORMS": 0 for name in inlines for count in ("TOTAL", "INITIAL")}
    return sent | sizes | {"faqs-TOTAL_FORMS": len(faqs)} | values


def change(client: Client, department: Department, *faqs: dict[str, str], **values: Any) -> Any:
    """Send the form."""
    return client.post(
        reverse("admin:queueing_department_change", args=[department.pk]), form(department, *faqs, **values)
    )


def test_a_supervisor_changes_the_times_and_the_audit_log_tells_who(supervisor: Client, support: Department) -> None:
    assert change(supervisor, support, offer_seconds=45).status_code == 302
    support.refresh_from_db()
    assert support.offer_seconds == 45
    entry = LogEntry.objects.get_for_object(support).filter(action=LogEntry.Action.UPDATE).get()
    assert entry.changes_dict == {"offer_seconds": ["20", "45"]}
    assert entry.actor.username == "sam"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offer_seconds", 0),
        ("offer_seconds", -1),
        ("grace_seconds", 1),
        ("max_wait_seconds", 10**9),
        ("wrap_up_seconds", "soon"),
    ],
)
def test_times_that_make_no_sense_are_refused(supervisor: Client, support: Department, name: str, value: Any) -> None:
    assert change(supervisor, support, **{name: value}).status_code == 200
    before = getattr(support, name)
    support.refresh_from_db()
    assert getattr(support, name) == before


def test_the_slug_stays(supervisor: Client, support: Department) -> None:
    change(supervisor, support, slug="helpdesk")
    support.refresh_from_db()
    assert support.slug == "support"


def test_a_question_is_added_one_wording_a_line(supervisor: Client, support: Department) -> None:
    faq = {
        "questions_en": " when are you open \r\n\r\nopening hours",
        "answer_en": "Always.",
        "questions_ar": "متى تفتحون",
        "answer_ar": "دائمًا.",
    }
    assert change(supervisor, support, faq).status_code == 302
    assert Faq.objects.get().questions_en == "when are you open\nopening hours"


def test_a_question_without_its_answer_is_refused(supervisor: Client, support: Department) -> None:
    faq = {"questions_en": "when", "answer_en": "Always.", "questions_ar": "متى", "answer_ar": ""}
    response = change(supervisor, support, faq)
    assert "A question and its answer come together." in response.content.decode()
    assert not Faq.objects.exists()


def test_the_week_and_the_holidays_are_entered_on_the_departments_page(supervisor: Client, support: Department) -> None:
    week = {"weekday": "0", "opens": "09:00", "closes": "17:00"}
    holiday = {"day": "2026-12-25", "name": "Christmas", "opens": "", "closes": ""}
    sent = {f"opening_hours-0-{name}": value for name, value in week.items()}
    sent |= {f"special_days-0-{name}": value for name, value in holiday.items()}
    sent |= {"opening_hours-TOTAL_FORMS": "1", "special_days-TOTAL_FORMS": "1", "time_zone": "Asia/Riyadh"}
    assert change(supervisor, support, **sent).status_code == 302
    support.refresh_from_db()
    hours = hours_of(support)
    assert (hours.zone, len(hours.weekly)) == ("Asia/Riyadh", 1)
    assert is_open(hours, datetime(2026, 11, 16, 6, tzinfo=UTC))
    assert hours.special == (Special(date(2026, 12, 25)),)


def test_a_special_day_with_half_its_times_is_refused(supervisor: Client, support: Department) -> None:
    sent = {"special_days-0-day": "2026-12-24", "special_days-0-opens": "09:00", "special_days-TOTAL_FORMS": "1"}
    response = change(supervisor, support, **sent)
    assert "a closed day has neither" in response.content.decode()
    assert not SpecialDay.objects.exists()


def test_a_time_zone_that_does_not_exist_is_refused(supervisor: Client, support: Department) -> None:
    assert change(supervisor, support, time_zone="Middle/Earth").status_code == 200
    support.refresh_from_db()
    assert support.time_zone == "UTC"


def test_who_sends_callers_on_says_where_to(supervisor: Client, support: Department, sales: Department) -> None:
    response = change(supervisor, support, when_closed="overflow")
    assert "Choose the department that callers are sent on to." in response.content.decode()
    response = change(supervisor, support, when_closed="overflow", overflow_to=support.pk)
    assert "cannot send callers on to itself" in response.content.decode()
    assert change(supervisor, support, when_closed="overflow", overflow_to=sales.pk).status_code == 302
    support.refresh_from_db()
    assert (support.when_closed, support.overflow_to) == ("overflow", sales)


def test_there_is_one_default_department(supervisor: Client, support: Department, sales: Department) -> None:
    supervisor.post(LIST, {"action": "default", "_selected_action": [sales.pk]})
    assert list(Department.objects.filter(is_default=True)) == [sales]
    supervisor.post(LIST, {"action": "default", "_selected_action": [sales.pk, support.pk]})
    assert list(Department.objects.filter(is_default=True)) == [sales]


def test_the_company_is_one_row_opened_at_once(administrator: Client) -> None:
    response = administrator.get("/admin/calls/company/", follow=True)
    assert response.status_code == 200
    company = Company.objects.get()
    Company.objects.filter(pk=company.pk).update(admissions=7)
    assert administrator.post(f"/admin/calls/company/{company.pk}/change/", {"name": "Acme"}).status_code == 302
    company.refresh_from_db()
    assert (company.name, company.public_api, company.admissions) == ("Acme", False, 7)
    assert administrator.get("/admin/calls/company/add/").status_code == 403


def test_every_field_of_a_table_of_forms_is_named(supervisor: Client, support: Department, alice: Agent) -> None:
    Membership.objects.get_or_create(agent=alice, department=support)
    page = supervisor.get(reverse("admin:queueing_department_change", args=[support.pk])).content.decode()
    for name in ("agent", "order", "DELETE"):
        element = re.search(rf'<(?:select|input)[^>]*name="memberships-0-{name}"[^>]*>', page)
        assert element is not None
        assert 'aria-label="' in element[0]


def test_a_need_of_a_skill_is_relaxed_step_by_step(supervisor: Client, support: Department) -> None:
    skill = Skill.objects.create(slug="refunds", name_en="Refunds")
    rows = [(0, 7, "required"), (30, 4, "required"), (60, 4, "preferred")]
    sent = {
        f"skill_needs-{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in zip(("skill", "after_seconds", "level", "need"), (skill.pk, *row), strict=True)
    }
    sent["skill_needs-TOTAL_FORMS"] = len(rows)
    assert change(supervisor, support, **sent).status_code == 302
    assert list(support.skill_needs.values_list("after_seconds", "level", "need")) == rows


@pytest.mark.parametrize("level", [0, 11])
def test_levels_go_from_one_to_ten(supervisor: Client, support: Department, level: int) -> None:
    skill = Skill.objects.create(slug="refunds", name_en="Refunds")
    sent = {"skill": skill.pk, "after_seconds": 0, "level": level, "need": "required"}
    answer = change(
        supervisor,
        support,
        **{"skill_needs-TOTAL_FORMS": 1},
        **{f"skill_needs-0-{name}": value for name, value in sent.items()},
    )
    assert answer.status_code == 200
    assert not support.skill_needs.exists()


def test_the_languages_it_welcomes_in_are_ticked(supervisor: Client, support: Department) -> None:
    assert change(supervisor, support, welcome_languages=["en", "ar"]).status_code == 302
    support.refresh_from_db()
    assert support.welcome_languages == "en,ar"
    page = supervisor.get(reverse("admin:queueing_department_change", args=[support.pk])).content.decode()
    assert len(re.findall(r'name="welcome_languages" value="(?:en|ar)"[^>]* checked', page)) == 2
    assert "العربيّة" in page
    assert change(supervisor, support, welcome_languages=["fr"]).status_code == 200


def test_a_department_has_a_voice_of_its_own(supervisor: Client, support: Department, settings: Any) -> None:
    settings.ELEVENLABS_API_KEY = "given"
    assert change(supervisor, support, voice_speaker="elevenlabs", voice_name="nora").status_code == 302
    support.refresh_from_db()
    assert (support.voice_provider, support.voice_speaker, support.voice_name) == ("", "elevenlabs", "nora")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"voice_provider": "gemini-realtime"}, "Gemini Live is not set up on this installation: GOOGLE_API_KEY is"),
        ({"voice_speaker": "smallest"}, "Smallest.ai is not set up on this installation: SMALLEST_API_KEY is missing."),
        ({"voice_speaker": "offline", "voice_name": "nora"}, "The built-in speaker has one voice for each language"),
        ({"voice_provider": "parrot"}, "Select a valid choice"),
    ],
)
def test_a_voice_that_cannot_be_had_is_refused_with_what_it_lacks(
    supervisor: Client, support: Department, chosen: dict[str, str], told: str
) -> None:
    answer = change(supervisor, support, **chosen)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    support.refresh_from_db()
    assert not support.voice_provider + support.voice_speaker + support.voice_name


def test_a_server_of_ones_own_needs_no_key_of_openai(supervisor: Client, support: Department, settings: Any) -> None:
    settings.STT_BASE_URL = settings.LLM_BASE_URL = "http://127.0.0.1:8001/v1"
    assert change(supervisor, support, voice_provider="openai").status_code == 302
