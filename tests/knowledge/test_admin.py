"""Articles and open questions in the admin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from calls.models import TranscriptSegment
from knowledge.models import Article, Unanswered
from knowledge.selectors import search
from knowledge.services import note_unanswered
from tests.cast import make_call, make_department, signed_in
from tests.knowledge.conftest import make_article

LIST = "/admin/knowledge/article/"
QUESTIONS = "/admin/knowledge/unanswered/"


@pytest.fixture
def supervisor(sam) -> Client:
    return signed_in(sam)


def fields(**changes) -> dict[str, str]:
    return {
        "title": "Parking",
        "slug": "parking",
        "language": "en",
        "body": "Park behind the house.",
        "is_active": "on",
        **changes,
    }


def upload(client: Client, **files: str):
    sent = [SimpleUploadedFile(f"{name}.md", text.encode()) for name, text in files.items()]
    return client.post(f"{LIST}import/", {"markdown": sent}, follow=True)


def test_an_article_written_in_the_admin_is_found_at_once(supervisor) -> None:
    supervisor.post(f"{LIST}add/", fields())
    assert search("Where can I park?")[0].answer == "Park behind the house."


def test_an_article_is_changed_and_deleted_with_what_is_found(supervisor) -> None:
    article = make_article("parking", "Parking", "Park behind the house.")
    supervisor.post(f"{LIST}{article.pk}/change/", fields(body="Park on the roof."))
    assert search("park on roof")[0].text == "Park on the roof."
    supervisor.post(f"{LIST}{article.pk}/delete/", {"post": "yes"})
    assert search("park") == ()


def test_files_are_imported(supervisor) -> None:
    make_department("sales")
    page = upload(
        supervisor, returns="---\ndepartment: sales\n---\n# Returns\nThirty days.", cards="# Cards\nThree years."
    )
    assert "2 new, 0 changed, 0 as they were." in page.content.decode()
    assert Article.objects.filter(slug="returns", department__slug="sales").exists()


def test_one_wrong_file_is_told_and_nothing_is_imported(supervisor) -> None:
    page = upload(supervisor, good="# Good\nYes.", bad="---\ndepartment: nowhere\n---\n# Bad\nNo.")
    assert "bad.md: no department nowhere." in page.content.decode()
    assert not Article.objects.exists()


def test_a_question_can_be_tried(supervisor) -> None:
    make_article("parking", "Parking", "Park behind the house.")
    page = supervisor.get(f"{LIST}try/", {"q": "where to park"}).content.decode()
    assert "Park behind the house." in page


def test_nobody_without_rights_imports_or_tries(alice) -> None:
    alice.user.is_staff = True
    alice.user.save()
    client = signed_in(alice.user)
    assert [client.get(f"{LIST}{page}/").status_code for page in ("import", "try")] == [302, 302]


@pytest.fixture
def question(db) -> Unanswered:
    department = make_department("sales")
    note_unanswered(make_call(department=department.slug), "Where can I park?", actor="ai")
    return Unanswered.objects.get()


def act(client: Client, action: str, row: Unanswered):
    return client.post(QUESTIONS, {"action": action, "_selected_action": row.pk})


def test_an_article_is_written_from_a_question_and_settles_it(supervisor, question) -> None:
    form = act(supervisor, "write_article", question).url
    page = supervisor.get(form).content.decode()
    assert 'value="Where can I park?"' in page
    supervisor.post(form, fields())
    question.refresh_from_db()
    assert (question.article.slug, question.settled_at is not None) == ("parking", True)


def test_a_question_that_needs_no_article_is_put_aside(supervisor, question) -> None:
    act(supervisor, "put_aside", question)
    question.refresh_from_db()
    assert question.settled_at is not None
    assert supervisor.get(QUESTIONS, {"settled_at__isempty": "1"}).context["cl"].result_count == 0


def test_the_calls_page_links_the_article_a_line_was_taken_from(supervisor, question) -> None:
    article = make_article("parking", "Parking", "Park behind the house.")
    cites = [{"id": str(article.pk), "slug": "parking", "title": "Parking"}]
    TranscriptSegment.objects.create(call=question.call, key="1", speaker="ai", text="Behind the house.", sources=cites)
    page = supervisor.get(f"/admin/calls/call/{question.call_id}/change/").content.decode()
    assert f'href="{LIST}{article.pk}/change/"' in page
    assert "A question could not be answered." in page


def test_a_question_is_on_the_list_once_a_call_whoever_writes_it(db: None) -> None:
    call = make_call(department=make_department("sales").slug)
    for _ in range(2):
        note_unanswered(call, "Where can I park?", actor="ai")
    with pytest.raises(IntegrityError), transaction.atomic():
        Unanswered.objects.create(call=call, question="Where can I park?", language="en")
    assert call.unanswered.count() == 1
    assert call.events.filter(kind="question.unanswered").count() == 1
