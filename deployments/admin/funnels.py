"""Draws the funnel of a deployment: bars for the steps, columns for the days."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.admin.showing import duration
from deployments.funnel import VISIT_STEPS, Counts, Funnel, Part

WIDTH, HEIGHT = 300, 100


def draw(told: Funnel) -> SafeString:
    """Return the drawing with its numbers; nothing is told by colour alone."""
    return render_to_string("admin/deployments/funnel.html", _context(told))


def _context(told: Funnel) -> dict[str, Any]:
    heads = [
        (name, label) for name, label in _labels().items() if _is_shown(told, name)
    ]
    tables = [name for name, _label in heads if name != "opened"]
    return {
        "told": told,
        "spans": _spans(told),
        "steps": [
            {
                "label": label,
                "count": getattr(told, name),
                "share": _share(getattr(told, name), _base(told, told)),
            }
            for name, label in heads
        ],
        "heads": [label for name, label in heads if name in tables],
        "columns": _columns(told),
        "days": [
            (day.day, counts)
            for day in told.days
            if any(counts := [getattr(day, name) for name in tables])
        ],
        "parts": [
            {
                "label": label,
                "said": said,
                "rows": [_part(told, one, tables) for one in of],
            }
            for label, said, of in (
                (_("By language"), _("Language"), told.languages),
                (_("By segment"), _("Segment"), told.segments),
            )
            if len(of) > 1 or any(part.name for part in of)
        ],
        "most": _most(told),
        "chart": {"width": WIDTH, "height": HEIGHT},
    }


def _spans(told: Funnel) -> list[str]:
    """How long it took, in words."""
    texts = {
        "event_to_mail": _("From the event to the mail: %(span)s (median)."),
        "to_mail": _("From being asked to the mail: %(span)s (median)."),
        "to_answer": _("From the mail to the answers: %(span)s (median)."),
    }
    spans = {name: getattr(told, name) for name in texts}
    return [
        texts[name] % {"span": duration(span.total_seconds())}
        for name, span in spans.items()
        if span is not None
    ]


def _labels() -> dict[str, str]:
    return {
        "asked": _("Asked"),
        "sent": _("Mailed"),
        "delivered": _("Delivered"),
        "opened": _("Opened"),
        "started": _("Started"),
        "completed": _("Completed"),
    }


def _is_shown(told: Funnel, name: str) -> bool:
    if name == "delivered":  # few providers tell
        return bool(told.delivered)
    return told.of_invitations or name in VISIT_STEPS


def _base(told: Funnel, counts: Counts) -> int:
    """Those of whom the others are a share."""
    return counts.asked if told.of_invitations else counts.started


def _share(count: int, of: int) -> int:
    """In per cent; somebody may answer without having been asked."""
    return min(100, round(100 * count / max(of, 1)))


def _part(told: Funnel, part: Part, tables: list[str]) -> dict[str, Any]:
    return {
        "name": part.name,
        "counts": [getattr(part, name) for name in tables],
        "share": _share(part.completed, _base(told, part)),
    }


def _most(told: Funnel) -> int:
    return max(max(_base(told, day), day.completed) for day in told.days)


def _columns(told: Funnel) -> list[dict[str, Any]]:
    """A wide column a day for who was asked or came, a narrow one for who completed."""
    most = max(1, _most(told))
    wide = WIDTH / len(told.days)
    return [
        {
            "day": day,
            "x": round(number * wide + wide * 0.05, 1),
            "wide": round(wide * 0.9, 1),
            "inner_x": round(number * wide + wide * 0.3, 1),
            "inner_wide": round(wide * 0.4, 1),
            "base": _base(told, day),
            "asked": round(HEIGHT * _base(told, day) / most, 1),
            "asked_y": round(HEIGHT - HEIGHT * _base(told, day) / most, 1),
            "completed": round(HEIGHT * day.completed / most, 1),
            "completed_y": round(HEIGHT - HEIGHT * day.completed / most, 1),
        }
        for number, day in enumerate(told.days)
    ]
