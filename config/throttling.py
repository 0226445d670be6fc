"""Owns how often a key may call: so many calls in each minute, told in every answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.models import ApiKey
from deployments import repeats

if TYPE_CHECKING:  # rest_framework.views imports this module through the settings
    from rest_framework.views import APIView

WINDOW = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    limit: int
    remaining: int
    # Seconds until the next minute begins.
    reset: int


def count(key: ApiKey, *, now: datetime) -> tuple[Rate, bool]:
    """Count one call; return what is left, and whether this one is allowed."""
    limit = key.calls_per_minute or settings.API_CALLS_PER_MINUTE
    window, passed = divmod(int(now.timestamp()), WINDOW)
    calls = repeats.count(f"rate:{key.pk}:{window}", window=2 * WINDOW)
    rate = Rate(limit=limit, remaining=max(limit - calls, 0), reset=WINDOW - passed)
    return rate, calls <= limit


def spend(key: ApiKey, *, now: datetime) -> Rate:
    """Count one call; raise `Throttled` when there was none left."""
    rate, allowed = count(key, now=now)
    if not allowed:
        raise Throttled(wait=rate.reset)
    return rate


class KeyThrottle(BaseThrottle):
    """Refuses a key that has called too often; calls without a key are refused anyway."""

    rate: Rate | None = None

    def allow_request(self, request: Request, _view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        self.rate, allowed = count(request.auth, now=timezone.now())
        tell(request._request, self.rate)  # noqa: SLF001 - DRF wraps Django's request
        return allowed

    def wait(self) -> float | None:
        return self.rate.reset if self.rate else None


def tell(request: HttpRequest, rate: Rate) -> None:
    """Let the answer to this request say what is left."""
    request.rate = rate  # type: ignore[attr-defined]


class RateHeaders(MiddlewareMixin):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        rate: Rate | None = getattr(request, "rate", None)
        if rate is not None:
            response["RateLimit-Policy"] = f'"key";q={rate.limit};w={WINDOW}'
            response["RateLimit"] = f'"key";r={rate.remaining};t={rate.reset}'
        return response
