"""Articles from Markdown files."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from knowledge.importing import BadFiles, read, read_all
from knowledge.models import Article
from knowledge.selectors import search
from tests.cast import make_department


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_front_matter_says_what_the_article_is() -> None:
    text = "---\nslug: back\ntitle: Returns\nlanguage: ar\ndepartment: sales\nactive: false\n---\nThirty days.\n"
    draft = read("x.md", text.encode(), {"sales"})
    assert (draft.slug, draft.title, draft.language, draft.department, draft.active, draft.body) == (
        "back", "Returns", "ar", "sales", False, "Thirty days.",
    )  # fmt: skip


def test_without_front_matter_name_and_heading_do() -> None:
    draft = read("guides/returns.ar.md", "# الإرجاع\n\nثلاثون يومًا.".encode(), ())
    assert (draft.slug, draft.title, draft.language, draft.department) == ("returns-ar", "الإرجاع", "ar", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"---\n: [\n---\nx", "YAML"),
        (b"---\n- a\n---\nx", "key: value"),
        (b"---\ntitel: x\n---\n# x", "titel"),
        (b"---\ntitle: x\nlanguage: fr\n---\nx", "language"),
        (b"---\ntitle: x\ndepartment: nowhere\n---\nx", "nowhere"),
        (b"---\ntitle: x\nactive: maybe\n---\nx", "active"),
        (b"---\ntitle: x\n---\n", "no text"),
        (b"just words", "title"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text, told) -> None:
    with pytest.raises(BadFiles, match=told):
        read_all({"a.md": text}, {"sales"})


def test_two_files_of_one_slug_are_refused() -> None:
    with pytest.raises(BadFiles, match="another file"):
        read_all({"a.md": b"# x\ny", "b.md": b"---\nslug: a\n---\n# x\ny"}, ())


def test_a_folder_is_imported_once_and_followed_when_it_changes(db, tmp_path, capsys) -> None:
    make_department("sales")
    write(tmp_path, "returns.md", "---\ndepartment: sales\n---\n# Returns\nThirty days.")
    write(tmp_path, "more/cards.md", "# Gift cards\nThree years.")
    call_command("import_articles", tmp_path)
    call_command("import_articles", tmp_path)
    write(tmp_path, "returns.md", "# Returns\nForty days.")
    call_command("import_articles", tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        "2 new, 0 changed, 0 as they were.", "0 new, 0 changed, 2 as they were.", "0 new, 1 changed, 1 as they were.",
    ]  # fmt: skip
    assert (search("returns")[0].answer, Article.objects.get(slug="returns").department) == ("Forty days.", None)


def test_one_wrong_file_stops_the_whole_import(db, tmp_path) -> None:
    write(tmp_path, "good.md", "# Good\nYes.")
    write(tmp_path, "bad.md", "no heading")
    with pytest.raises(CommandError, match=r"bad\.md"):
        call_command("import_articles", tmp_path)
    assert not Article.objects.exists()


def test_the_demo_has_articles_in_both_languages_and_leaves_edited_ones_alone(db) -> None:
    call_command("seed_demo")
    Article.objects.filter(slug="returns").delete()
    call_command("seed_demo")
    kept = Article.objects.values_list("slug", flat=True)
    assert {"returns-ar", "privacy", "privacy-ar"} <= set(kept)
    assert "returns" not in kept
