"""How values of this room look in the admin: badges, pairs, links to other pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments import sources

GOOD = {"live", "sent", "decided"}
BAD = {"failed", "unknown"}
BUSY = {"waiting", "sending", "paused"}


def badge(value: str, label: Any) -> SafeString:
    """A word in a frame; its colour only underlines what the word says."""
    kind = next(
        (
            kind
            for kind, values in (("good", GOOD), ("bad", BAD), ("busy", BUSY))
            if value in values
        ),
        "plain",
    )
    return format_html('<span class="dep-badge dep-{}">{}</span>', kind, label)


def short(at: datetime) -> str:
    """A time that fits in a column of a list."""
    return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def duration(seconds: float | None) -> str:
    """Seconds, minutes or hours: two units at most."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        text = _("%(minutes)s min %(seconds)s s") if rest else _("%(minutes)s min")
        return text % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def pairs(values: Mapping[str, Any]) -> SafeString:
    """Names with their values, one a line; a dash for none."""
    if not values:
        return SafeString("–")
    rows = format_html_join(
        "", "<dt>{}</dt><dd>{}</dd>", ((name, values[name]) for name in values)
    )
    return format_html('<dl class="dep-pairs">{}</dl>', rows)


def bullets(lines: Iterable[Any]) -> SafeString:
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul class="dep-list">{}</ul>', items)


def change_link(row: models.Model | None, label: Any = None) -> SafeString:
    """A link to the row's own page in the admin, where it has one."""
    if row is None:
        return SafeString("–")
    text = label or str(row)
    meta = row._meta  # noqa: SLF001 - Django's documented door to model names
    try:
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return format_html("{}", text)
    return format_html('<a href="{}">{}</a>', url, text)


class NamesSources(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that have a `source`: lists say it in words, without a query a row."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        known = [
            When(source=source, then=Value(str(name)))
            for source, name in sources.all_choices()
        ]
        named = Case(*known, default=F("source"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(source_name=named)
        return rows

    @admin.display(description=gettext_lazy("source"), ordering="source_name")
    def source_name(self, row: Any) -> str:
        return str(row.source_name)
