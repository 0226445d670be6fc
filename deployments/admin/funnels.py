"""Draws the funnel of a deployment: bars for the steps, columns for the days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.funnel import Funnel, Part

WIDTH, HEIGHT = 640, 140
LEFT = 30


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
    top = max(told.asked, 1)
    return {
        "told": told,
        "steps": [
            {
                "label": label,
                "count": count,
                "width": round(300 * count / top, 1),
                "share": f"{100 * count / top:.0f} %",
                "y": 8 + 26 * number,
                "text_y": 22 + 26 * number,
            }
            for number, (label, count) in enumerate(steps)
        ],
        "columns": _columns(told),
        "parts": [
            _parts(label, said, parts)
            for label, said, parts in (
                (_("By language"), _("Language"), told.languages),
                (_("By segment"), _("Segment"), told.segments),
            )
            if len(parts) > 1 or any(part.name for part in parts)
        ],
        "high": 8 + 26 * len(steps),
        "most": max((day.asked for day in told.days), default=0),
        "chart": {"width": WIDTH, "height": HEIGHT + 24, "bottom": HEIGHT},
    }


def _parts(label: str, said: str, parts: Sequence[Part]) -> dict[str, Any]:
    """A bar for each part: how many of those who were asked have answered."""
    return {
        "label": label,
        "said": said,
        "high": 8 + 26 * len(parts),
        "rows": [
            {
                "part": part,
                "name": part.name or "–",
                "width": round(300 * part.completed / max(part.asked, 1), 1),
                "share": f"{100 * part.completed / max(part.asked, 1):.0f} %",
                "y": 8 + 26 * number,
                "text_y": 22 + 26 * number,
            }
            for number, part in enumerate(parts)
        ],
    }


def _columns(told: Funnel) -> list[dict[str, Any]]:
    most = max([1, *(max(day.asked, day.completed) for day in told.days)])
    wide = (WIDTH - LEFT) / max(len(told.days), 1)
    return [
        {
            "day": day,
            "x": round(LEFT + number * wide + 1, 1),
            "wide": round(wide - 2, 1),
            "inner_x": round(LEFT + number * wide + wide / 4, 1),
            "inner_wide": round(wide / 2, 1),
            "asked_y": round(HEIGHT - (HEIGHT - 10) * day.asked / most, 1),
            "asked_high": round((HEIGHT - 10) * day.asked / most, 1),
            "completed_y": round(HEIGHT - (HEIGHT - 10) * day.completed / most, 1),
            "completed_high": round((HEIGHT - 10) * day.completed / most, 1),
            "label": number % 7 == 0,
        }
        for number, day in enumerate(told.days)
    ]
