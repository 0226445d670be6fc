"""Takes in a file of addresses that are not to be asked, such as another tool kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from deployments.addresses import is_address, normal_address
from deployments.mailings.sheets import EMAIL
from deployments.mailings.tables import SheetRefused, open_table
from deployments.models import Suppression
from deployments.suppression import suppress
from surveys.texts import tidy
from surveys.wording import gettext as _

NAMED = ("reason", "note")
# The CRM says by itself what it wants.
REASONS = frozenset({*Suppression.Reason.values} - {Suppression.Reason.CRM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    line: int
    email: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    added: int
    known: int
    bad: tuple[Bad, ...]


def take_in(raw: bytes, *, now: datetime) -> Taken:
    """Suppress every address of a CSV or XLSX file; raises `SheetRefused`.

    There is a column email, and perhaps reason and note.
    """
    before, taken = Suppression.objects.count(), 0
    bad: list[Bad] = []
    for line, told in _rows(raw):
        email = normal_address(told.get("email", ""))
        reason = told.get("reason") or Suppression.Reason.ADDED
        if problem := _problem(email, reason):
            bad.append(Bad(line=line, email=email[:100], reason=problem))
            continue
        suppress(email=email, reason=reason, note=told.get("note", ""), now=now)
        taken += 1
    added = Suppression.objects.count() - before
    return Taken(added=added, known=taken - added, bad=tuple(bad))


def _problem(email: str, reason: str) -> str:
    if not is_address(email):
        return _("This is no e-mail address.")
    if reason not in REASONS:
        known = {"reason": reason[:20], "known": ", ".join(sorted(REASONS))}
        return _("“%(reason)s” is none of: %(known)s.") % known
    return ""


def _rows(raw: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    lines = open_table(raw).lines
    columns = [cell.strip().lower() for cell in next(lines, (0, []))[1]]
    names = ["email" if name in EMAIL else name for name in columns]
    if "email" not in names:
        raise SheetRefused(
            _("There is no column “email”. The columns are: %(columns)s.")
            % {"columns": ", ".join(name[:40] for name in columns[:20]) or "–"}
        )
    wanted = {"email", *NAMED}
    for line, cells in lines:
        pairs = zip(names, cells, strict=False)
        told = {name: tidy(cell).strip() for name, cell in pairs if name in wanted}
        if any(told.values()):
            yield line, told
