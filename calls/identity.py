"""Who a caller is proved to be: a token that the integrator's own server signs for its signed-in customer.

Nothing else proves it. A name, an email address or a caller's number are what somebody says of himself.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common import clock
from common.errors import Invalid

LONGEST_LIFE = 600  # seconds from `iat` to `exp`
_LEEWAY = 30  # seconds two servers' clocks may differ by
_LONGEST = {"sub": 200, "name": 120, "email": 254}


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer as the integrator's server names him; `subject` is his number there."""

    subject: str
    name: str = ""
    email: str = ""


def read_customer_token(token: str) -> Identity:
    """The customer of a token (JWT, HS256, `CUSTOMER_TOKEN_SECRET`). Raises Invalid: a bad one is never ignored."""
    secret = settings.CUSTOMER_TOKEN_SECRET
    if not secret:
        raise _refused("not_configured", "customer tokens are not set up on this server")
    try:
        options: Any = {"require": ["sub", "iat", "exp"], "verify_exp": False, "verify_iat": False, "verify_aud": False}
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=options)
    except jwt.MissingRequiredClaimError as error:
        raise _refused("invalid", f"the claim {error.claim} is missing") from error
    except jwt.PyJWTError as error:
        raise _refused("invalid", "it is no token signed with this server's secret") from error
    _check_times(claims)
    return Identity(*(_text(claims, name) for name in ("sub", "name", "email")))


def _check_times(claims: dict[str, Any]) -> None:
    """By our clock, and not for longer than it takes to start a call."""
    issued, expires = (_moment(claims, name) for name in ("iat", "exp"))
    now = clock.now().timestamp()
    if expires - issued > LONGEST_LIFE:
        raise _refused("invalid", f"it is valid for more than {LONGEST_LIFE} seconds")
    if issued > now + _LEEWAY or expires < issued:
        raise _refused("invalid", "it is issued in the future")
    if expires <= now:
        raise _refused("expired", "it has expired")


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused("invalid", f"the claim {name} is no time")
    return float(value)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST[name] or "\x00" in value or not _is_utf8(value):
        raise _refused("invalid", f"the claim {name} is no text of at most {_LONGEST[name]} characters")
    value = value.strip()
    if name == "sub" and not value:
        raise _refused("invalid", "the claim sub is empty")
    if name == "email" and value:
        _check_email(value)
    return value


def _check_email(value: str) -> None:
    try:
        validate_email(value)
    except ValidationError as error:
        raise _refused("invalid", "the claim email is no email address") from error


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _refused(code: str, why: str) -> Invalid:
    return Invalid(
        f"The customer token is refused: {why}.", code=f"customer_token_{code}", fields={"customer_token": why}
    )
