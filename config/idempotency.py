"""Owns the `Idempotency-Key`: a POST that is sent again is answered again, not done
again.

The answer is kept in the transaction that did the work, so a crash leaves both or
neither. A second caller at the same moment waits for the first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from config import throttling
from config.access import find_key
from config.models import ApiKey, StoredAnswer
from config.problems import answer, describe, problem

HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,255}\Z")
KEPT = timedelta(days=7)
# The names of the addresses whose POST makes something.
CREATING = {
    "surveys",
    "survey-publish",
    "themes",
    "tracking-links",
    "trigger-events",
    "invitations",
    "deployments",
    "deployment-activate",
    "limits",
    "contacts",
    "mailings",
    "remind",
    "connections",
    "mappings",
    "mapping-activate",
    "managed-mappings",
    "undo-runs",
    "webhooks",
    "webhook-rotate",
    "webhook-test",
    "scheduled-dumps",
    "scheduled-dump-run",
}


class IdempotentPosts:
    """The middleware around everything that creates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.headers.get(HEADER)
        if name is None or not creates(request):
            return self.get_response(request)
        if not KEY.match(name):
            text = _("An Idempotency-Key is 1 to 255 visible ASCII characters.")
            return answer(problem(400, "idempotency-key-invalid", text))
        key = caller(request)
        if key is None:  # the view says so better
            return self.get_response(request)
        try:
            mark = fingerprint(request)
        except RequestDataTooBig:
            return answer(problem(413, "too-large", _("The body is too large.")))
        return self.once(request, key=key, name=name, mark=mark)

    @transaction.atomic
    def once(
        self, request: HttpRequest, *, key: ApiKey, name: str, mark: str
    ) -> HttpResponseBase:
        try:
            with transaction.atomic():
                # Who comes second at the same moment waits here.
                row = StoredAnswer.objects.create(
                    api_key=key, key=name, fingerprint=mark, created_at=timezone.now()
                )
        except IntegrityError:
            row = StoredAnswer.objects.get(api_key=key, key=name)
            return throttled(request, key) or again(row, mark)
        response = self.get_response(request)
        if 200 <= response.status_code < 300 and isinstance(response, HttpResponse):
            row.status = response.status_code
            row.content_type = response.get("Content-Type", "")
            row.body = response.content.decode()
            row.save(update_fields=["status", "content_type", "body"])
        else:  # nothing was made: the same key may be used for the corrected call
            transaction.set_rollback(True)
        return response


def creates(request: HttpRequest) -> bool:
    if request.method != "POST" or not request.path_info.startswith("/api/v1/"):
        return False
    try:
        return resolve(request.path_info).url_name in CREATING
    except Resolver404:
        return False


def caller(request: HttpRequest) -> ApiKey | None:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return find_key(request, secret.strip(), now=timezone.now())


def fingerprint(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def throttled(request: HttpRequest, key: ApiKey) -> HttpResponse | None:
    """Count a call that no view will count; refuse it when there was none left."""
    rate, allowed = throttling.count(key, now=timezone.now())
    throttling.tell(request, rate)
    if allowed:
        return None
    error = Throttled(wait=rate.reset)
    return answer(describe(error), headers={"Retry-After": str(rate.reset)})


def again(row: StoredAnswer, mark: str) -> HttpResponse:
    """The answer of the first call; a problem when this one is another."""
    if row.fingerprint != mark:
        text = _("This Idempotency-Key was used for another call.")
        return answer(problem(422, "idempotency-key-reused", text))
    response = HttpResponse(
        row.body.encode(), status=row.status, content_type=row.content_type
    )
    response["Idempotency-Replayed"] = "true"
    return response


def forget_old(*, now: datetime) -> int:
    return StoredAnswer.objects.filter(created_at__lt=now - KEPT).delete()[0]
