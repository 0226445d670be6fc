"""What is done with an API key: made, changed, given a new secret, revoked. Each act is
kept with who did it, for as long as the key is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from config.models import ApiKey, ApiKeyEvent

What = ApiKeyEvent.What
User = AbstractBaseUser | AnonymousUser | None
OVERLAP = timedelta(hours=24)
WATCHED = (*("name", "scopes", "calls_per_minute", "allowed_networks", "expires_at"),)


@transaction.atomic
def make(*, key: ApiKey, user: User = None) -> str:
    """Store a new key; return its secret, which is seen this once."""
    secret = key.give_secret()
    key.created_by = _person(user)
    key.save()
    _note(key, What.MADE, user, settings_of(key))
    return secret


@transaction.atomic
def change(*, key: ApiKey, before: Mapping[str, Any], user: User = None) -> None:
    """Store what was changed since `before`, the settings as they were."""
    key.save(update_fields=WATCHED)
    after = settings_of(key)
    changed = {
        name: [before.get(name), after[name]]
        for name in WATCHED
        if before.get(name) != after[name]
    }
    if changed:
        _note(key, What.CHANGED, user, changed)


@transaction.atomic
def rotate(
    *, key: ApiKey, now: datetime, user: User = None, overlap: timedelta = OVERLAP
) -> str:
    """Give the key another secret; the one before is valid for a while longer."""
    key.previous_digest, key.previous_until = key.digest, now + overlap
    secret = key.give_secret()
    names = ["prefix", "digest", "previous_digest", "previous_until"]
    key.save(update_fields=names)
    _note(key, What.ROTATED, user, {"old_until": key.previous_until.isoformat()})
    return secret


@transaction.atomic
def revoke(*, key: ApiKey, now: datetime, user: User = None) -> bool:
    """End the key, with both of its secrets; True for the one caller who did."""
    rows = ApiKey.objects.filter(pk=key.pk, revoked_at=None)
    if not rows.update(revoked_at=now):
        return False
    _note(key, What.REVOKED, user, {})
    return True


def settings_of(key: ApiKey) -> dict[str, Any]:
    values = {name: getattr(key, name) for name in WATCHED}
    if key.expires_at is not None:
        values["expires_at"] = key.expires_at.isoformat()
    return values


def _note(key: ApiKey, what: What, user: User, details: Mapping[str, Any]) -> None:
    ApiKeyEvent.objects.create(
        api_key=key,
        what=what,
        who=user.get_username() if user else "",
        details=dict(details),
        at=timezone.now(),
    )


def _person(user: User) -> Any:
    return user if isinstance(user, AbstractBaseUser) else None
