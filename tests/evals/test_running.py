"""The run against a provider, the model that reads along, and the report."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from evals.comparing import NoPrompts, prompts_of, side_by_side
from evals.llm_judge import LLMJudge
from evals.report import Outcome, Report, Row
from evals.running import chosen_scenarios, run
from evals.scenario import read_scenarios
from tests.evals.test_judging import PLAYED
from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from voicebot.receptionist.prompts import prompt_version

RUBRIC = next(item for item in read_scenarios() if len(item.judge) == 2)
GOOD = Outcome((), 0.4, ("ai [en]: Hello!",))
BAD = Outcome(("never said 'goodbye' | not once",), 1.25, ("ai [en]: Hi!",))


@pytest.fixture(scope="module")
def server():
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def reader(server: OpenAIServer) -> LLMJudge:
    server.control.recover()
    return LLMJudge(server.api_key, "gpt-4o-mini", server.base_url)


def verdicts(*held: bool) -> str:
    told = [{"statement": number, "holds": one, "why": "because"} for number, one in enumerate(held, 1)]
    return json.dumps({"verdicts": told})


@pytest.mark.usefixtures("celery_calls")
@pytest.mark.django_db(transaction=True)
def test_the_configured_provider_is_asked_and_every_play_is_kept(server: OpenAIServer, settings):
    settings.VOICE_PROVIDER, settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = (
        "openai",
        server.api_key,
        server.base_url,
    )
    asked = len(server.control.asked("chat"))
    report = run(names=["en-goodbye-at-once"], plays=2, quiet=True)
    assert len(server.control.asked("chat")) - asked == 2
    assert (report.provider, report.judged_by) == (f"openai {settings.LLM_MODEL}", settings.LLM_MODEL)
    assert report.prompt_version == prompt_version()
    assert [row.passes for row in report.rows] == [2]


def test_a_name_nobody_has_is_an_error():
    with pytest.raises(ValueError, match="no scenario is called nobody"):
        chosen_scenarios(["nobody"], nightly=False)


async def test_the_reader_is_shown_the_transcript_and_the_statements(server: OpenAIServer, reader: LLMJudge):
    server.control.answer(verdicts(True, True))
    assert await reader.judge(RUBRIC, PLAYED) == ()
    asked = server.control.asked("chat")[-1]
    assert asked["response_format"] == {"type": "json_object"}
    assert RUBRIC.judge[1] in asked["messages"][1]["content"]
    assert PLAYED.transcript[-1].text in asked["messages"][1]["content"]


async def test_a_statement_that_does_not_hold_is_a_problem(server: OpenAIServer, reader: LLMJudge):
    server.control.answer(f"```json\n{verdicts(True, False)}\n```")
    assert await reader.judge(RUBRIC, PLAYED) == (f"not so: {RUBRIC.judge[1]} (because)",)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("It went very well!", "is no verdict"),
        ('{"verdicts": [{"statement": 1, "holds": "yes"}]}', "is no verdict"),
        (verdicts(True), "said nothing of"),
    ],
)
async def test_a_reader_that_cannot_be_understood_has_not_acquitted(server, reader, answer, told):
    server.control.answer(answer)
    (problem,) = await reader.judge(RUBRIC, PLAYED)
    assert told in problem


async def test_a_reader_that_is_refused_has_not_acquitted(server: OpenAIServer, reader: LLMJudge):
    server.control.fail(Failure.UNAUTHORIZED, "chat")
    assert await reader.judge(RUBRIC, PLAYED) == ("the judge did not answer: AuthenticationError",)


def report(*outcomes: Outcome, version: str = "aaaa1111") -> Report:
    return Report("offline", version, "", len(outcomes), (Row("en-a", "Say goodbye.", outcomes),))


def test_one_failed_play_fails_the_scenario():
    told = report(GOOD, BAD, GOOD)
    assert (told.rows[0].passes, told.rows[0].passed, told.passed) == (2, False, 0)
    assert told.headline.startswith("0 of 1 scenarios passed 3 of 3 times (offline, prompts aaaa1111")
    assert "FAIL 2/3 en-a" in told.table()


def test_a_report_is_saved_whole_and_read_again(tmp_path: Path):
    told = report(GOOD, BAD)
    path = told.save(tmp_path)
    assert Report.load(path) == told
    page = path.with_suffix(".md").read_text()
    assert "| en-a | 1/2 | 1.25 s | never said 'goodbye' \\| not once |" in page
    assert "## en-a, play 2" in page
    assert "ai [en]: Hi!" in page


def test_two_runs_are_shown_side_by_side():
    shown = side_by_side(report(BAD), report(GOOD, version="bbbb2222"))
    assert "BETTER en-a: 0/1 → 1/1" in shown
    assert "  - ai [en]: Hi!\n  + ai [en]: Hello!" in shown
    assert "1 of 1 scenarios went otherwise." in shown


def test_other_words_of_the_same_worth_are_shown_too():
    other = replace(GOOD, transcript=("ai [en]: Good day!",))
    assert "other words en-a" in side_by_side(report(GOOD), report(other))


def test_runs_alike_show_no_difference():
    assert "0 of 1 scenarios went otherwise." in side_by_side(report(GOOD), report(GOOD))


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=carol", "-c", "user.email=carol@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_prompts_to_compare_with_are_taken_from_a_commit(tmp_path: Path):
    folder = tmp_path / "voicebot" / "receptionist" / "prompts"
    folder.mkdir(parents=True)
    git(tmp_path, "init", "-q")
    (folder / "en.md").write_text("before")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    (folder / "en.md").write_text("after")
    with prompts_of("HEAD", root=tmp_path) as taken:
        assert (taken / "en.md").read_text() == "before"
    with prompts_of(str(folder)) as taken:
        assert (taken / "en.md").read_text() == "after"


def test_what_is_neither_folder_nor_commit_is_refused(tmp_path: Path):
    with pytest.raises(NoPrompts, match="neither a folder"), prompts_of("nowhere", root=tmp_path):
        pass
