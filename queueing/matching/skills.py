"""What a caller needs of an agent, by how long he has waited."""

from dataclasses import dataclass
from datetime import datetime

from queueing.matching.rows import Free, Rules, SkillStep, Waiting
from queueing.states import Need


@dataclass(frozen=True)
class Needs:
    """What counts for one caller now."""

    skills: tuple[SkillStep, ...] = ()
    language: str = ""
    language_required: bool = False

    def unmet(self, agent: Free) -> int | None:
        """How many preferences the agent does not meet; None when he lacks what is required."""
        missed = 0
        for step in self.skills:
            if agent.skills.get(step.skill, 0) < step.level:
                if step.need is Need.REQUIRED:
                    return None
                missed += 1
        if self.language and agent.languages and self.language not in agent.languages:
            if self.language_required:
                return None
            missed += 1
        return missed


def needs_of(entry: Waiting, rules: Rules, now: datetime) -> Needs:
    """What the rules ask for this caller at `now`: of each skill the last step begun, the language while it counts."""
    if not rules.skills and rules.language is Need.NONE:
        return _ANYBODY
    waited = (now - entry.enqueued_at).total_seconds()
    begun: dict[int, SkillStep] = {}
    for step in sorted(rules.skills, key=lambda step: step.after):
        if step.after <= waited:
            begun[step.skill] = step
    lasting = not rules.language_seconds or waited < rules.language_seconds
    return Needs(
        skills=tuple(step for step in begun.values() if step.need is not Need.NONE),
        language="" if rules.language is Need.NONE else entry.language,
        language_required=rules.language is Need.REQUIRED and lasting,
    )


_ANYBODY = Needs()
