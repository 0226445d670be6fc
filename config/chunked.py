"""Owns bodies that come in chunks, of a length that nobody has said: Django takes them
for empty, and clients of Java and .NET send them so."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def measured(application: Application) -> Application:
    """Tell the application how long such a body is. Of one that is too large no more is
    read than shows it: then it is refused as every other."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        coding = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower()
        if coding == "chunked" and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return application(environ, start_response)

    return call
