"""Where pages lead: rules to go to a later page or to end, and quotas."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.conditions import Condition
from surveys.definition.nodes import Node
from surveys.definition.options import optional
from surveys.definition.problems import Findings
from surveys.definition.shape import Exit, Page, Quota
from surveys.wording import gettext as _

MOST_EXITS = 20
MOST_QUOTAS = 50
MOST_RESPONSES = 100_000_000
LONGEST_CLOSING = 20_000
WAYS = ("go_to", "end", "screen_out")


def read_exit(node: Node, condition: Condition | None, language: str) -> Exit:
    ways = [name for name in WAYS if node.document.get(name) not in (None, False)]
    if len(ways) != 1:
        node.add("", _("Say one of go_to, end and screen_out."))
    go_to = node.document.get("go_to") or ""
    if not isinstance(go_to, str):
        node.add("go_to", _("Name a page by its key."))
        go_to = ""
    for name in ("end", "screen_out"):
        node.flag(name)
    text = optional(node, "text", LONGEST_CLOSING, language)
    if text and go_to:
        node.add("text", _("A closing text is for an end, not for a way on."))
    return Exit(
        condition=condition,
        go_to=go_to,
        screen_out=node.document.get("screen_out") is True,
        text=text,
    )


def read_quota(
    node: Node, key: str, condition: Condition | None, language: str
) -> Quota:
    limit = node.whole("limit", 1, MOST_RESPONSES)
    if node.document.get("limit") is None:
        node.add("limit", _("Say how many responses are wanted."))
    return Quota(
        key=key,
        limit=limit or 1,
        condition=condition,
        closes=node.word("when_full", ("screen_out", "close")) == "close",
        text=optional(node, "text", LONGEST_CLOSING, language),
    )


def check_ways(findings: Findings, pages: Sequence[Page]) -> None:
    """Ways lead forward only, so that every path ends."""
    places = {page.key: place for place, page in enumerate(pages)}
    for place, page in enumerate(pages):
        for number, way in enumerate(page.next):
            path = f"pages[{place}].next[{number}].go_to"
            if way.go_to and way.go_to not in places:
                findings.add(
                    path, _("There is no page “%(key)s”.") % {"key": way.go_to}
                )
            elif way.go_to and places[way.go_to] <= place:
                findings.add(
                    path,
                    _("“%(key)s” is not behind this page: the way would be a loop.")
                    % {"key": way.go_to},
                )


def check_reach(findings: Findings, pages: Sequence[Page]) -> None:
    """Name pages that no way leads to, and rules behind one that always holds."""
    reached = {0}
    for place, page in enumerate(pages):
        always = [n for n, way in enumerate(page.next) if way.condition is None]
        if always and always[0] < len(page.next) - 1:
            findings.add(
                f"pages[{place}].next[{always[0] + 1}]",
                _("This is never asked: the rule before it always holds."),
            )
        if place not in reached:
            findings.add(
                f"pages[{place}]",
                _("No way leads to this page: the rules of earlier pages pass it by."),
            )
            continue
        reached |= targets(pages, place)


def targets(pages: Sequence[Page], place: int) -> set[int]:
    """The places that a page can lead to; behind the last one is the end."""
    page = pages[place]
    places = {one.key: number for number, one in enumerate(pages)}
    found: set[int] = set()
    # A page that is not shown asks no rule.
    skippable = page.show_if is not None or all(one.show_if for one in page.questions)
    for way in page.next:
        if way.go_to in places:
            found.add(places[way.go_to])
        if way.condition is None:
            return found | ({place + 1} if skippable else set())
    return found | {place + 1}
