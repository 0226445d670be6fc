"""The hook at which a mail provider, or a forwarder, tells of bounces and complaints.

The providers of `bounces.providers` tell in their own way. Whoever else does is signed,
because whoever can call it can keep people from being asked:
`X-Tellback-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`.
The body is JSON, or the mail itself as it came back (message/rfc822).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponseBase,
    JsonResponse,
    UnreadablePostError,
)
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from deployments import bounces
from deployments.addresses import is_address, normal_address
from deployments.bounces import Bounce, Kind, Report, providers
from deployments.bounces.reports import LARGEST
from surveys.texts import tidy

SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})\Z")
PATIENCE = 300  # seconds between signing and arriving
MOST_EVENTS = 1000
KINDS = {
    "bounce": Kind.HARD,
    "hard_bounce": Kind.HARD,
    "soft_bounce": Kind.SOFT,
    "complaint": Kind.COMPLAINT,
}


class BadReport(ValueError):
    """A body that cannot be read; the text says why."""


@csrf_exempt
@never_cache
@require_POST
def take(request: HttpRequest, provider: str) -> HttpResponseBase:
    secret = settings.EMAIL_HOOK_SECRETS.get(provider)
    if secret is None:
        return _refuse(404, _("There is no such hook."))
    if provider in providers.VIEWS:
        return providers.view_of(provider, secret)(request)
    return _take_signed(request, secret)


def _take_signed(request: HttpRequest, secret: str) -> JsonResponse:
    now = timezone.now()
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _refuse(400, _("The report broke off."))
    if len(body) > LARGEST:
        return _refuse(413, _("The report is larger than 10 MB."))
    if not is_signed(
        body, request.headers.get("X-Tellback-Signature", ""), secret, now
    ):
        return _refuse(403, _("The signature is missing, wrong or too old."))
    try:
        reports = _reports(request.content_type or "", body)
    except BadReport as error:
        return _refuse(400, str(error))
    taken: dict[str, int] = {}
    for report in reports:
        for kind, count in bounces.take(report=report, now=now).items():
            taken[kind] = taken.get(kind, 0) + count
    return JsonResponse({"taken": taken})


def sign(body: bytes, secret: str, now: datetime) -> str:
    """Return the header that proves who sent the body, and when."""
    at = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


def is_signed(body: bytes, signature: str, secret: str, now: datetime) -> bool:
    found = SIGNATURE.match(signature)
    if not found or abs(now.timestamp() - int(found[1])) > PATIENCE:
        return False
    digest = hmac.new(secret.encode(), f"{found[1]}.".encode() + body, hashlib.sha256)
    return constant_time_compare(digest.hexdigest(), found[2])


def _reports(content_type: str, body: bytes) -> list[Report]:
    if content_type == "message/rfc822":
        return [bounces.read(body)]
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReport(_("The body is neither JSON nor message/rfc822.")) from error
    events = told.get("events") if isinstance(told, dict) else None
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise BadReport(_("The body holds “events”: a list of 1,000 at most."))
    return [_event(number, event) for number, event in enumerate(events)]


def _event(number: int, event: Any) -> Report:
    if not isinstance(event, dict) or event.get("type") not in KINDS:
        raise BadReport(
            _("Event %(number)s: “type” is one of %(kinds)s.")
            % {"number": number, "kinds": ", ".join(KINDS)}
        )
    email = normal_address(str(event.get("email") or ""))
    message_id = str(event.get("message_id") or "").strip()
    if not is_address(email) and not message_id:
        raise BadReport(
            _("Event %(number)s: an “email” or a “message_id” is needed.")
            % {"number": number}
        )
    bounce = Bounce(
        email=email if is_address(email) else "",
        kind=KINDS[event["type"]],
        said=tidy(str(event.get("reason") or ""))[:500],
    )
    wrapped = message_id if message_id.startswith("<") else f"<{message_id}>"
    return Report(bounces=(bounce,), message_ids=(wrapped,) if message_id else ())


def _refuse(status: int, text: str) -> JsonResponse:
    return JsonResponse({"detail": text}, status=status)
