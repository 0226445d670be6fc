"""Owns who may call the API: `Authorization: Bearer <key>` and its scopes.

A view says what it needs: `required_scopes = {"GET": "surveys:read"}`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config import networks
from config.key_format import is_mistyped
from config.models import ApiKey
from deployments.callers import address
from surveys import sharing

if TYPE_CHECKING:  # rest_framework.views imports this module through the settings
    from rest_framework.views import APIView

LAST_USED_STEP = timedelta(minutes=1)


def find_key(request: HttpRequest, secret: str, *, now: datetime) -> ApiKey | None:
    """Return the valid key with this secret and note its use, or None.

    A key that is called from another network than it may be is as good as none.

    From here on the request sees what the maker of the key may see.
    """
    key = _opened(request, secret, now)
    sharing.act_for(key.created_by_id if key else None)
    if key and (key.last_used_at is None or key.last_used_at < now - LAST_USED_STEP):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _opened(request: HttpRequest, secret: str, now: datetime) -> ApiKey | None:
    if is_mistyped(secret):
        return None
    key = ApiKey.objects.valid(now).with_secret(secret, now).first()
    if key and not networks.is_within(address(request), key.allowed_networks):
        return None
    return key


class UnknownKey(AuthenticationFailed):
    """No valid key has this secret."""

    default_detail = _("This API key is unknown, expired or revoked.")


class LacksScope(PermissionDenied):
    """The key is valid, but not for this."""

    def __init__(self, scope: str | None) -> None:
        super().__init__(lacks(scope))


def lacks(scope: str | None) -> str:
    return gettext("This API key lacks the scope “%(scope)s”.") % {"scope": scope}


class ApiKeyAuthentication(BaseAuthentication):
    """`request.auth` becomes the `ApiKey`; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _space, secret = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        if scheme.lower() != b"bearer":
            raise AuthenticationFailed(_("Send the API key as “Bearer <key>”."))
        key = find_key(
            request._request,  # noqa: SLF001 - DRF wraps Django's request
            secret.strip().decode("latin-1"),
            now=timezone.now(),
        )
        if key is None:
            raise UnknownKey
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Tellback"'


class HasScope(BasePermission):
    """Refuses a key that lacks the scope which the view names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        if not hasattr(view, str(request.method).lower()):
            return True  # there is nothing to refuse: the answer is 405
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        scope = getattr(view, "required_scopes", {}).get(method)
        self.message = lacks(scope)
        return scope is not None and scope in request.auth.scopes
