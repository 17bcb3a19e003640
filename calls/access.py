"""Who is asking, and what that entitles to.

With an `Authorization` header cookies do not count and no CSRF token is asked for; with a session an unsafe request
needs one; public routes do not look at the session at all.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from ninja.utils import check_csrf

from calls.models import ApiKey, Call, Company
from common import clock
from common.errors import Forbidden, NotFound, Unauthenticated

STAFF_GROUPS = frozenset({"agent", "supervisor", "admin"})
SUPERVISOR_GROUPS = frozenset({"supervisor", "admin"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_USED_RESOLUTION = timedelta(minutes=1)


class Kind(StrEnum):
    """Kinds of credential a route may allow."""

    PUBLIC = "public"
    CALLER = "caller"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    KEY = "key"


@dataclass(frozen=True)
class Principal:
    """Whoever asks. `user` is set for sessions and for keys of scope `agent`."""

    kind: Kind
    call_id: str = ""
    user: User | None = None
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    key_name: str = ""

    @property
    def is_supervisor(self) -> bool:
        """Whether a supervisor or administrator asks by session."""
        return bool(self.groups & SUPERVISOR_GROUPS)

    @property
    def actor(self) -> str:
        """The name history rows carry."""
        if self.user is not None:
            return str(self.user.get_username())
        return f"key {self.key_name}" if self.kind is Kind.KEY else "caller"


# Rules of the layers above: may this agent see this call (one offered to him, one waiting in his department)?
agent_rules: list[Callable[[User, Call], bool]] = []


class Allow:
    """The authentication of one route: which kinds may call it, and the scopes that let a key in."""

    def __init__(self, *kinds: Kind, scopes: tuple[str, ...] = ("calls",)) -> None:
        self.kinds = frozenset(kinds)
        self.scopes = frozenset(scopes)

    def __call__(self, request: HttpRequest) -> Principal:
        """The principal; Unauthenticated or Forbidden."""
        principal = self._resolve(request)
        if not self._admits(principal):
            raise Forbidden("This credential does not entitle to that.")
        return principal

    def _resolve(self, request: HttpRequest) -> Principal:
        header = request.headers.get("Authorization")
        if header is not None:
            return from_bearer(header)
        if Kind.PUBLIC in self.kinds:
            return _public()
        return from_session(request)

    def _admits(self, principal: Principal) -> bool:
        # A public route takes any good credential: a caller's own token makes it a rejoin.
        if Kind.PUBLIC in self.kinds or principal.kind in self.kinds:
            return principal.kind is not Kind.KEY or bool(principal.scopes & self.scopes) or self._acts(principal)
        if principal.kind is Kind.KEY:
            return self._acts(principal)
        return Kind.SUPERVISOR in self.kinds and principal.is_supervisor

    def _acts(self, principal: Principal) -> bool:
        return Kind.AGENT in self.kinds and "agent" in principal.scopes and principal.user is not None


def principal_of(request: HttpRequest) -> Principal:
    """Who passed the route's Allow."""
    principal: Principal = request.auth  # type: ignore[attr-defined]
    return principal


def _public() -> Principal:
    company = Company.objects.filter(pk=1).first()
    if company is not None and not company.public_api:
        raise Unauthenticated("Starting a call here needs an API key.")
    return Principal(Kind.PUBLIC)


def from_bearer(header: str) -> Principal:
    """The principal of `Authorization: Bearer …`; Unauthenticated."""
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() == "bearer" and secret.startswith("cs_"):
        return from_call_secret(secret)
    if scheme.lower() == "bearer" and secret.startswith("ck_"):
        return from_api_key(secret)
    raise Unauthenticated("Unknown credential.")


def from_call_secret(secret: str) -> Principal:
    """The caller whose secret that is; Unauthenticated."""
    parts = secret.split("_")
    call_id = parts[1] if len(parts) == 3 and parts[1].isascii() and parts[1].isalnum() else ""
    if not call_id or not hmac.compare_digest(Call(id=call_id).secret.encode(), secret.encode("utf-8", "replace")):
        raise Unauthenticated("Unknown credential.")
    return Principal(Kind.CALLER, call_id=call_id)


def from_api_key(secret: str) -> Principal:
    """The program whose key that is; Unauthenticated."""
    digest = ApiKey.digest(secret.encode("utf-8", "replace").decode())
    key = ApiKey.objects.select_related("user").filter(key_hash=digest, revoked_at__isnull=True).first()
    if key is None or (key.user is not None and not key.user.is_active):
        raise Unauthenticated("Unknown credential.")
    now = clock.now()
    # Not at every request: a row written once a minute tells enough.
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _USED_RESOLUTION)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    user = key.user if "agent" in key.scopes else None
    return Principal(Kind.KEY, user=user, scopes=frozenset(key.scopes), key_name=key.name)


def from_session(request: HttpRequest) -> Principal:
    """The member of staff signed in; Unauthenticated, or Forbidden `csrf_failed`."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        raise Unauthenticated("Sign in, or send a credential.")
    if request.method not in SAFE_METHODS and check_csrf(request):
        raise Forbidden("The X-CSRFToken header is missing or wrong.", code="csrf_failed")
    return Principal(Kind.AGENT, user=user, groups=staff_groups(user))


def staff_groups(user: User) -> frozenset[str]:
    """The user's staff groups; Forbidden for somebody in none."""
    groups = STAFF_GROUPS if user.is_superuser else frozenset(user.groups.values_list("name", flat=True)) & STAFF_GROUPS
    if not groups:
        raise Forbidden("This account is not an agent or a supervisor.")
    return groups


def find_call(call_id: str) -> Call:
    """The call; NotFound. Ids are plain ASCII, anything else is not asked of the database."""
    call = Call.objects.filter(pk=call_id).first() if call_id.isascii() and call_id.isalnum() else None
    if call is None:
        raise NotFound("No such call.")
    return call


def call_for(principal: Principal, call_id: str) -> Call:
    """The call, if it is this principal's to see; NotFound, Forbidden."""
    if principal.kind is Kind.CALLER and principal.call_id != call_id:
        raise Forbidden("This is somebody else's call.")
    call = find_call(call_id)
    if may_see(principal, call):
        return call
    raise Forbidden("This is somebody else's call.")


def may_see(principal: Principal, call: Call) -> bool:
    """Whether the call is this principal's to see."""
    if principal.kind is Kind.CALLER:
        return principal.call_id == call.pk
    if principal.is_supervisor or "calls" in principal.scopes:
        return True
    user = principal.user
    return user is not None and (call.agent_id == user.pk or any(rule(user, call) for rule in agent_rules))


def own_call(principal: Principal, call_id: str) -> Call:
    """The call, if this principal is its caller or its agent; NotFound, Forbidden."""
    call = call_for(principal, call_id)
    if principal.kind is Kind.CALLER or (principal.user is not None and call.agent_id == principal.user.pk):
        return call
    raise Forbidden("This is somebody else's call.")
