"""Two sets of prompts on the same scenarios, side by side."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.report import Report, Row

ROOT = Path(__file__).resolve().parent.parent
_PROMPTS = "voicebot/receptionist/prompts"


class NoPrompts(ValueError):
    """Neither a folder with prompts nor a commit that has some."""


@contextmanager
def prompts_of(named: str, *, root: Path = ROOT) -> Iterator[Path]:
    """The folder itself, or the prompts as a commit, branch or tag of this repository has them. Raises NoPrompts."""
    folder = Path(named)
    if any(folder.glob("*.md")):
        yield folder.resolve()
        return
    with TemporaryDirectory(prefix="prompts-") as made:
        for name in _files_of(named, root):
            shown = _git(root, "show", f"{named}:{_PROMPTS}/{name}")
            (Path(made) / name).write_bytes(shown.stdout)
        yield Path(made)


def _files_of(commit: str, root: Path) -> list[str]:
    listed = _git(root, "ls-tree", "--name-only", f"{commit}:{_PROMPTS}")
    names = [name for name in listed.stdout.decode().split() if name.endswith(".md")]
    if listed.returncode or not names:
        raise NoPrompts(f"{commit!r} is neither a folder with <language>.md files nor a commit that has prompts")
    return names


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)


def run_with(folder: Path | None, out: Path, arguments: Sequence[str], environment: dict[str, str]) -> Report:
    """The scenarios in a process of its own, so that nothing read of one set is left for the other."""
    own = {"PROMPTS_DIR": str(folder)} if folder else {}
    command = [sys.executable, "-m", "evals", "--quiet", "--out", str(out), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment | own, capture_output=True, text=True, check=False)
    saved = sorted(out.glob("*.json"))
    if not saved:
        raise RuntimeError(f"the run left no report:\n{done.stdout}{done.stderr}")
    return Report.load(saved[-1])


def side_by_side(before: Report, after: Report) -> str:
    """What changed, scenario by scenario, then the two headlines."""
    pairs = [(old, new) for new in after.rows for old in before.rows if old.name == new.name]
    changed = [(old, new) for old, new in pairs if old.passes != new.passes or _words(old) != _words(new)]
    lines = [f"before: {before.headline}", f"after:  {after.headline}", ""]
    for old, new in changed:
        lines.append(
            f"{_verdict(old, new)} {new.name}: {old.passes}/{len(old.outcomes)} → {new.passes}/{len(new.outcomes)}"
        )
        lines += [f"    before: {problem}" for problem in old.outcomes[0].problems]
        lines += [f"    after:  {problem}" for problem in new.outcomes[0].problems]
        lines += [f"  - {was}\n  + {now}" for was, now in _differences(old, new)]
    return "\n".join([*lines, f"{len(changed)} of {len(pairs)} scenarios went otherwise."])


def _verdict(old: Row, new: Row) -> str:
    if old.passes == new.passes:
        return "other words"
    return "BETTER" if new.passes > old.passes else "WORSE"


def _words(row: Row) -> tuple[str, ...]:
    return row.outcomes[0].transcript


def _differences(old: Row, new: Row) -> list[tuple[str, str]]:
    was, now = _words(old), _words(new)
    length = max(len(was), len(now))
    padded = [(*lines, *[""] * (length - len(lines))) for lines in (was, now)]
    return [(one, other) for one, other in zip(*padded, strict=True) if one != other]
