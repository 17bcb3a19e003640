"""The floor: a claim as one writes it by hand, psycopg alone, without history, events or offers."""

import os

import psycopg

CLAIM = """
UPDATE queueing_queueentry SET state = 'offering', agent_id = %s
WHERE id = (
    SELECT id FROM queueing_queueentry WHERE department_id = %s AND state = 'waiting'
    ORDER BY priority DESC, enqueued_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


def connect() -> psycopg.Connection:
    """A connection of its own, a transaction for each statement."""
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def claim(cursor: psycopg.Cursor, agent: int, department: int) -> int | None:
    """The entry that is the agent's now."""
    found = cursor.execute(CLAIM, (agent, department)).fetchone()
    return found[0] if found else None
