"""What was asked of sources in the admin: how far, and what no message told."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments import sources
from deployments.admin.showing import NamesSources, bullets, change_link, short
from deployments.models import Poll, Trigger
from surveys.read_only import ReadOnly


class ByWorkers(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that workers write and people read."""

    show_full_result_count = False

    class Media:
        css = {"all": ["deployments/admin.css"]}


@admin.register(Poll)
class PollAdmin(NamesSources, ByWorkers):
    when_empty = gettext_lazy(
        "A source is asked here once a deployment with a trigger is live."
    )
    list_display = ["object", "source_name", "how_far"]
    fields = ["object", "source_name", "asked_at", "due_at", "cursor_at", "how_far"]
    readonly_fields = ("source_name", "how_far")
    ordering = ["source", "object"]

    @admin.display(description=gettext_lazy("what was found"))
    def how_far(self, row: Poll) -> SafeString:
        return bullets(_found(row))


def told_of(trigger: Trigger) -> SafeString | str:
    """Say what asking the source has found behind a trigger."""
    if not sources.can_be_asked(trigger.source):
        return _("This source tells by itself and cannot be asked.")
    row = Poll.objects.filter(source=trigger.source, object=trigger.object).first()
    if row is None:
        return _("It begins when the deployment is live.")
    return format_html("{}{}", bullets(_found(row)), change_link(row, _("More")))


def _found(row: Poll) -> Iterator[str]:
    if row.asked_at:
        yield _("Last asked: %(when)s") % {"when": short(row.asked_at)}
    if row.error:
        yield _("It could not be asked: %(error)s") % {"error": row.error}
    found = ngettext(
        "%(count)s record fitted of which no message had told.",
        "%(count)s records fitted of which no message had told.",
        row.found,
    )
    yield found % {"count": row.found}
    if not row.caught_up:
        yield _("There is more than one run takes: it is being caught up with.")
    if row.skipped_from and row.skipped_until:
        yield _(
            "What changed between %(start)s and %(end)s and was not told is left out: "
            "it was too old when the source could be asked again."
        ) % {"start": short(row.skipped_from), "end": short(row.skipped_until)}
