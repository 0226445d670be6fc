"""Owns what no line of the log holds: the tokens that open the pages of respondents,
and the secrets in the addresses of hooks.

Django names the address of each page that it refuses. With the token in it whoever
reads the log could answer, could tell whose anonymous answers are whose, or could send
messages as if an org had.
"""

from __future__ import annotations

import logging
import re

# As `deployments.links` makes tokens, and longer: passes of previews.
LONG = r"[\w:.%-]{20,}"
ADDRESS = re.compile(
    rf"(/s/|/preview/|/hooks/salesforce/|/(?:w|embed)/[\w-]+/){LONG}(?:/{LONG})?"
)


class Discreet(logging.Formatter):
    """Formats as its parent does, and blots the tokens out, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return ADDRESS.sub(r"\1…", super().format(record))
