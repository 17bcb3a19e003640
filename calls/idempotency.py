"""`Idempotency-Key`: the same answer to the same request for a day, tokens signed anew."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from calls.middleware import error_response, is_api
from calls.models import IdempotentAnswer
from calls.telephony import telephony
from common import clock
from common.errors import ApiError, Conflict, Invalid, Malformed, TooLarge

RUNNING_SECONDS = 60
# Not the request's own fault or not its doing: these may be tried again under the same key.
NOT_KEPT = frozenset({401, 429})
TOKEN_FIELDS = frozenset({"token", "access_token", "agent_token"})
EXEMPT = frozenset({"/api/livekit/webhook"})


class IdempotencyMiddleware:
    """Keeps the answer of every unsafe request that names a key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Middleware entry."""
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or not is_api(request.path) or request.path in EXEMPT:
            return self.get_response(request)
        try:
            row = _reserve(request, key)
        except ApiError as error:
            return error_response(error)
        if row.status:
            return _replay(row)
        return self._run(request, row)

    def _run(self, request: HttpRequest, row: IdempotentAnswer) -> HttpResponse:
        try:
            response = self.get_response(request)
        except BaseException:
            row.delete()
            raise
        if response.status_code >= 500 or response.status_code in NOT_KEPT:
            row.delete()
        else:
            row.status, row.answer = response.status_code, _cipher().encrypt(response.content)
            row.save(update_fields=["status", "answer"])
        return response


def _reserve(request: HttpRequest, key: str) -> IdempotentAnswer:
    """The row of this key: new, or the one that has (or will have) the answer. Conflict, Invalid."""
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Malformed("Idempotency-Key is 1 to 255 printable characters.")
    names = {"credential": _credential(request), "path": request.path[:300], "key": key}
    body_hash = _body_hash(request)
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(**names, body_hash=body_hash, created_at=clock.now())
    except IntegrityError:
        row = IdempotentAnswer.objects.filter(**names).first()
    if row is None:
        raise Conflict("The first request with this key has just ended; try again.", code="still_running")
    return _existing(row, body_hash)


def _existing(row: IdempotentAnswer, body_hash: str) -> IdempotentAnswer:
    if row.body_hash != body_hash:
        raise Invalid("This Idempotency-Key was used with another body.", code="idempotency_mismatch")
    if row.status:
        return row
    # A process that died in the middle must not lock the key for a day.
    now = clock.now()
    dead = IdempotentAnswer.objects.filter(pk=row.pk, status=0, created_at__lt=now - timedelta(seconds=RUNNING_SECONDS))
    if dead.update(created_at=now):
        return row
    raise Conflict("The first request with this key is still running.", code="still_running", state="running")


def _credential(request: HttpRequest) -> str:
    header = request.headers.get("Authorization")
    session = request.session.session_key if hasattr(request, "session") else None
    who = header or (f"session {session}" if session else f"address {request.META.get('REMOTE_ADDR', '')}")
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()


def _body_hash(request: HttpRequest) -> str:
    digest = hashlib.sha256()
    try:
        if request.content_type == "multipart/form-data":
            for name, upload in sorted(request.FILES.items()):
                if isinstance(upload, UploadedFile):
                    digest.update(f"{name}:".encode("utf-8", "replace") + upload.read())
                    upload.seek(0)
            digest.update(json.dumps(sorted(request.POST.lists())).encode("utf-8", "replace"))
        else:
            digest.update(request.body)
    except RequestDataTooBig as error:
        raise TooLarge("The request is too large.") from error
    except MultiPartParserError as error:
        raise Malformed("The form could not be read.") from error
    return digest.hexdigest()


def _replay(row: IdempotentAnswer) -> HttpResponse:
    content = _cipher().decrypt(bytes(row.answer))
    fresh = json.dumps(_with_fresh_tokens(json.loads(content))).encode() if content else content
    response = HttpResponse(fresh, status=row.status, content_type="application/json; charset=utf-8")
    response["Idempotent-Replayed"] = "true"
    return response


def _with_fresh_tokens(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {
        name: _fresh(value) if name in TOKEN_FIELDS else _with_fresh_tokens(value) for name, value in answer.items()
    }


def _fresh(token: Any) -> Any:
    return telephony().resign(token) if isinstance(token, str) and token else token


def _cipher() -> Fernet:
    key = hashlib.sha256(b"idempotent-answers:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
