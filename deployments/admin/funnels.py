"""Draws the funnel of a deployment: bars for the steps, columns for the days."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.funnel import Funnel, Part

WIDTH, HEIGHT = 300, 100


def draw(told: Funnel) -> SafeString:
    """Return the drawing with its numbers; nothing is told by colour alone."""
    return render_to_string("admin/deployments/funnel.html", _context(told))


def _context(told: Funnel) -> dict[str, Any]:
    steps = [
        (_("Asked"), told.asked),
        (_("Mailed"), told.sent),
        *([(_("Delivered"), told.delivered)] if told.delivered else []),
        (_("Opened"), told.opened),
        (_("Started"), told.started),
        (_("Completed"), told.completed),
    ]
    return {
        "told": told,
        "steps": [
            {"label": label, "count": count, "share": _share(count, told.asked)}
            for label, count in steps
        ],
        "columns": _columns(told),
        "parts": [
            {"label": label, "said": said, "rows": [_part(one) for one in parts]}
            for label, said, parts in (
                (_("By language"), _("Language"), told.languages),
                (_("By segment"), _("Segment"), told.segments),
            )
            if len(parts) > 1 or any(part.name for part in parts)
        ],
        "most": _most(told),
        "chart": {"width": WIDTH, "height": HEIGHT},
    }


def _share(count: int, of: int) -> int:
    """In per cent; somebody may answer without having been asked."""
    return min(100, round(100 * count / max(of, 1)))


def _part(part: Part) -> dict[str, Any]:
    return {"part": part, "share": _share(part.completed, part.asked)}


def _most(told: Funnel) -> int:
    return max(max(day.asked, day.completed) for day in told.days)


def _columns(told: Funnel) -> list[dict[str, Any]]:
    """A wide column a day for who was asked, and a narrow one for who completed."""
    most = max(1, _most(told))
    wide = WIDTH / len(told.days)
    return [
        {
            "day": day,
            "x": round(number * wide + wide * 0.05, 1),
            "wide": round(wide * 0.9, 1),
            "inner_x": round(number * wide + wide * 0.3, 1),
            "inner_wide": round(wide * 0.4, 1),
            "asked": round(HEIGHT * day.asked / most, 1),
            "asked_y": round(HEIGHT - HEIGHT * day.asked / most, 1),
            "completed": round(HEIGHT * day.completed / most, 1),
            "completed_y": round(HEIGHT - HEIGHT * day.completed / most, 1),
        }
        for number, day in enumerate(told.days)
    ]
