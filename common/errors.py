"""Errors a client is told about, in the one shape of the public surface."""

from typing import Any


class ApiError(Exception):
    """An expected failure.

    `code` is stable snake_case for programs, `message` is for a person, `extra` joins the error object
    (`state`, `accepted_by`, …), `retry_after` is in seconds.
    """

    status = 400
    code = "malformed"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: dict[str, str] | None = None,
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = fields
        self.retry_after = retry_after
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """`{"error": {"code", "message", "fields"?, …}}`."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, **self.extra}
        if self.fields:
            error["fields"] = self.fields
        return {"error": error}


class Malformed(ApiError):
    """The request could not be read."""


class Unauthenticated(ApiError):
    """No credential, or an unknown one."""

    status = 401
    code = "unauthenticated"


class Forbidden(ApiError):
    """A known credential without the right."""

    status = 403
    code = "forbidden"


class NotFound(ApiError):
    """No such thing."""

    status = 404
    code = "not_found"


class Conflict(ApiError):
    """A lost race, or the wrong state."""

    status = 409
    code = "wrong_state"


class TooLarge(ApiError):
    """More bytes than are taken."""

    status = 413
    code = "too_large"


class Invalid(ApiError):
    """Readable, but not acceptable."""

    status = 422
    code = "invalid"


class RateLimited(ApiError):
    """Asked too often."""

    status = 429
    code = "rate_limited"


class Unavailable(ApiError):
    """Something this answer depends on is down."""

    status = 503
    code = "unavailable"
