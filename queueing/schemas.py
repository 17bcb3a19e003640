"""What requests of this app carry."""

from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Field
from pydantic import AfterValidator, BeforeValidator, StringConstraints, model_validator

from calls.schemas import Body, LanguageCode, LongText, Moment, Name, RoomName, Slug


def _an_email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise ValueError("is not an e-mail address") from error
    return value


def _a_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a time is a text")  # noqa: TRY004 -- pydantic reports ValueErrors only
    return value


# JSON has no times: texts only, where pydantic alone would take numbers too.
DueAt = Annotated[Moment, Field(strict=False), BeforeValidator(_a_text)]

# Django's rule and not pydantic's: that one refuses the domains people use for tests and inside companies.
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_an_email)]
SignedToken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class TokenBody(Body):
    """POST /api/room/token."""

    room_name: RoomName | None = None
    user_name: Name | None = None
    email: Email | None = None
    language: LanguageCode | None = None
    department: Slug | None = None
    video: bool = False
    customer_token: SignedToken | None = None
    avatar: bool = False


class JoinBody(Body):
    """POST /api/queue/join."""

    email: Email
    room_name: RoomName = "support_room"
    user_name: Name | None = None
    department: Slug | None = None
    language: LanguageCode | None = None
    video: bool = False
    customer_token: SignedToken | None = None


class TransferBody(Body):
    """POST /api/create-transfer."""

    room_name: RoomName
    reason: LongText
    department: Slug | None = None
    priority: int = Field(0, ge=-1000, le=1000)


class HandOnBody(Body):
    """POST /api/calls/{call_id}/transfer: to a department, to an agent by user name, or back to the AI.

    `consult`: talk with the agent first; `mode`: what the AI does.
    """

    department: Slug | None = None
    agent: Name | None = None
    target: Literal["ai"] | None = None
    mode: Literal["finish", "survey"] = "finish"
    consult: bool = False
    reason: LongText | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "HandOnBody":
        if [self.department, self.agent, self.target].count(None) != 2:
            raise ValueError("name a department, an agent or the target ai")
        return self


class SuperviseBody(Body):
    """POST /api/calls/{call_id}/supervise."""

    mode: Literal["listen", "whisper", "barge", "take_over"]


class AcceptTransferBody(Body):
    """POST /api/accept-transfer."""

    transfer_id: Annotated[str, StringConstraints(max_length=64)]
    agent_name: Name | None = None


class StatusBody(Body):
    """POST /api/agents/{agent_id}/status. `after_call`: when the present call is over."""

    status: Literal["available", "away", "offline"]
    reason: Short = ""
    after_call: bool = False


class PresenceBody(Body):
    """POST /api/agents/{agent_id}/presence, by a supervisor."""

    status: Literal["available", "away", "offline"]
    reason: Short = ""


class AssignBody(Body):
    """POST /api/queue/entries/{entry_id}/assign."""

    agent_id: Annotated[str, StringConstraints(min_length=1, max_length=150)]


class PriorityBody(Body):
    """POST /api/queue/entries/{entry_id}/priority: higher is served first."""

    priority: int = Field(ge=-1000, le=1000)


class MoveBody(Body):
    """POST /api/queue/entries/{entry_id}/move."""

    department: Slug


class RemoveBody(Body):
    """POST /api/queue/entries/{entry_id}/remove: the reason is kept in the call's history."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AgentSettingsBody(Body):
    """POST /api/agents/{agent_id}/settings."""

    auto_answer: bool


class DeclineBody(Body):
    """POST /api/offers/{offer_id}/decline."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class NotesBody(Body):
    """POST /api/calls/{call_id}/notes: what is left out stays as it is."""

    notes: Annotated[str, StringConstraints(max_length=20000)] | None = None
    disposition: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] | None = None


class CallbackBody(Body):
    """POST /api/calls/{call_id}/callback."""

    kind: Literal["callback", "message"] = "callback"
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] = ""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
    due_at: DueAt | None = None


class LaterBody(Body):
    """POST /api/calls/{call_id}/callback/later."""

    due_at: DueAt | None = None


class HoldBody(Body):
    """POST /api/calls/{call_id}/hold."""

    on: bool


class MessageBody(Body):
    """POST /api/calls/{call_id}/messages."""

    text: LongText
