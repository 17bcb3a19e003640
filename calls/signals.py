"""News for the layers above. Sent inside the transaction; a receiver that fails takes the change back with it."""

from django.dispatch import Signal

call_created = Signal()  # call
caller_verified = Signal()  # call
call_ended = Signal()  # call
call_changed = Signal()  # call_id, changes: what `call_update` told the caller
ai_unavailable = Signal()  # call, cause: "ai_full" | "no_ai"
ai_lost = Signal()  # call, final: no further dispatch will be tried
participant_joined = Signal()  # call, participant
participant_left = Signal()  # call, participant
transcript_added = Signal()  # segment
person_wanted = (
    Signal()
)  # call, reason, actor: before it goes into the line, so that the agents' first message has its story
