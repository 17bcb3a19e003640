"""API keys: made, shown once, revoked."""

from django.contrib.auth.models import User

from calls.models import SCOPES, ApiKey
from common import clock
from common.errors import Invalid
from common.service import service


@service
def create_api_key(*, name: str, scopes: list[str], user: User | None = None) -> tuple[ApiKey, str]:
    """The key's row, and the key in clear, which is stored nowhere. Invalid scopes."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Invalid(
            f"Scopes are {', '.join(SCOPES)}.", fields={"scopes": f"unknown: {', '.join(unknown) or 'none given'}"}
        )
    if "agent" in scopes and user is None:
        raise Invalid("Scope agent acts as a user: name one.", fields={"user": "required"})
    clear = ApiKey.generate()
    key = ApiKey.objects.create(
        name=name[:120], prefix=clear[:8], key_hash=ApiKey.digest(clear), scopes=sorted(set(scopes)), user=user
    )
    return key, clear


@service
def revoke_api_key(key: ApiKey) -> bool:
    """The key stops working at once; False when it had."""
    return ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=clock.now()) == 1
