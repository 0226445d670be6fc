"""Owns the hook by which an installation looks into the files of respondents, such as
with a virus scanner: `UPLOAD_SCAN` names a function that is given each open file.

It returns nothing when the file is fine, and raises `Refused` to keep it out. With
`Held`, or when it fails itself, the file goes into quarantine: the answer is kept, and
nobody downloads the file or sends it to a CRM until an administrator has released it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.files import File
from django.utils.module_loading import import_string

Scan = Callable[["File[bytes]"], None]
LONGEST_REASON = 200

log = logging.getLogger(__name__)


class Refused(Exception):
    """The file is not let in."""


class Held(Exception):
    """The file is to be looked at by a person; the message says why."""


def scan(file: File[bytes]) -> str:
    """Why the file is held, blank when it is fine; raises `Refused`."""
    if not settings.UPLOAD_SCAN:
        return ""
    file.seek(0)
    try:
        look: Scan = import_string(settings.UPLOAD_SCAN)
        look(file)
    except Refused:
        raise
    except Held as reason:
        return str(reason)[:LONGEST_REASON] or "Held by the scan."
    except Exception:  # a scanner that fails must cost no answer, and let nothing in
        log.exception("A file could not be scanned")
        return "The scan failed."
    return ""
