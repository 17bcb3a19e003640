"""Who gets whom: pure functions over frozen rows, with the time passed in.

`plan(waiting, free, rules, now)` → the offers to make; `in_line` → what an agent takes by his own act.
"""

from queueing.matching.plan import in_line, plan
from queueing.matching.ranks import before, rank
from queueing.matching.rows import DEFAULT_RULES, Free, Pair, Rules, SkillStep, Waiting

__all__ = ["DEFAULT_RULES", "Free", "Pair", "Rules", "SkillStep", "Waiting", "before", "in_line", "plan", "rank"]
