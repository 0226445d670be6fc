"""Owns `If-Match`: who replaces a document says which one they have read, and does not
write over what somebody else has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

HEADER = "If-Match"


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition-failed"
    default_detail = _("It has changed since you read it. Read it again.")


@contextmanager
def unchanged(
    request: Request, row: QuerySet[Any], shown: Callable[[], object]
) -> Iterator[None]:
    """Let the caller write while the row is as it was read; raise `PreconditionFailed`.

    Where nobody asks for that, nothing is looked at. `shown` gives what a GET gives.
    """
    wanted = request.headers.get(HEADER)
    if wanted is None:
        yield
        return
    with transaction.atomic():
        there = list(row.select_for_update().values_list("pk"))
        if not there or not ({"*", etag(shown())} & set(parse_etags(wanted))):
            raise PreconditionFailed
        yield


def etag(document: object) -> str:
    """As `ConditionalGetMiddleware` makes it of the answer."""
    content = JSONRenderer().render(document)
    return quote_etag(md5(content, usedforsecurity=False).hexdigest())
