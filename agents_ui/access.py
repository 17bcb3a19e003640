"""Who may open the desk, the wallboard and their sockets."""

from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest

from calls.access import SUPERVISOR_GROUPS, from_api_key, staff_groups
from common.consumers import CLOSE_FORBIDDEN, CLOSE_UNAUTHENTICATED, Json, Refused
from common.errors import Forbidden, Unauthenticated
from queueing.models import Agent
from queueing.selectors import agent_for_user


def is_supervisor(user: User) -> bool:
    """Whether the user supervises; False for somebody who is no staff at all."""
    try:
        return bool(staff_groups(user) & SUPERVISOR_GROUPS)
    except Forbidden:
        return False


def agent_of_hello(scope: dict[str, Any], hello: Json) -> Agent:
    """The agent who opens `/ws/agent/`, by key or by session; Refused."""
    user = _key_user(hello["api_key"]) if hello.get("api_key") else session_user(scope)
    agent = agent_for_user(user)
    if agent is None:
        raise Refused(CLOSE_FORBIDDEN)
    return agent


def _key_user(key: str) -> User:
    try:
        principal = from_api_key(key)
    except Unauthenticated as error:
        raise Refused(CLOSE_UNAUTHENTICATED) from error
    if principal.user is None:
        raise Refused(CLOSE_FORBIDDEN)
    return principal.user


def session_user(scope: dict[str, Any]) -> User:
    """Who is signed in; Refused."""
    request = HttpRequest()
    request.session = scope["session"]
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        raise Refused(CLOSE_UNAUTHENTICATED)
    return user
