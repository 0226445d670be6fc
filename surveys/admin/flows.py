"""The picture of a draft's flow: pages as boxes, rules as arrows, drawn as SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.admin import drafts
from surveys.admin.conditions import in_words
from surveys.admin.conditions.names import Groups
from surveys.admin.outline import edit_url
from surveys.admin.screens import SurveyScreens
from surveys.admin.ways import END, SCREEN_OUT, target_of
from surveys.models import Page, Survey

WIDTH, HEIGHT, GAP, TOP, LEFT = 300, 72, 48, 24, 36
LANE = 22
# What stands beside an arrow takes this much room.
LABEL = 380
LONGEST = 40
LONGEST_NOTE = 42
NOTE_LINES = 2
LONGEST_RULE = 56


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    name: str
    notes: tuple[str, ...]
    y: int
    url: str = ""
    # end, out, or nothing for a page.
    kind: str = ""
    lost: bool = False

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    path: str
    tip: str
    label: str = ""
    x: int = 0
    y: int = 0
    # Past a page that is not always shown.
    passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    width: int
    height: int
    # The same in sentences, for those who do not see the picture.
    sentences: Sequence[str]


def flow(survey: Survey) -> Flow:
    pages = drafts.pages_of(survey)
    groups = drafts.groups(survey, drafts.questions_of(survey))
    names = [
        drafts.page_name(page, number, survey.default_language)
        for number, page in enumerate(pages, 1)
    ]
    screens = any(target_of(way) == SCREEN_OUT for page in pages for way in page.next)
    places = {f"page:{page.key}": place for place, page in enumerate(pages)}
    places |= {END: len(pages), SCREEN_OUT: len(pages) + 1}
    reached = _reached(pages, places)
    boxes = [
        _box(page, names[place], place, groups, lost=place not in reached)
        for place, page in enumerate(pages)
    ]
    boxes.append(Box(name=_("End"), notes=(), y=_top(len(pages)), kind="end"))
    if screens:
        top = _top(len(pages) + 1)
        boxes.append(Box(name=_("Screened out"), notes=(), y=top, kind="out"))
    arrows, sentences = _arrows(pages, boxes, places, groups)
    lanes = sum(len(page.next) for page in pages)
    return Flow(
        boxes=boxes,
        arrows=arrows,
        width=LEFT + WIDTH + 16 + (LANE * (lanes + 1) + LABEL if lanes else 0),
        height=_top(len(boxes)),
        sentences=sentences,
    )


def _top(place: int) -> int:
    return TOP + place * (HEIGHT + GAP)


def _box(page: Page, name: str, place: int, groups: Groups, *, lost: bool) -> Box:
    rule = in_words(page.show_if, groups)
    note = _("only if %(rule)s") % {"rule": rule} if rule else ""
    return Box(
        name=_cut(name, LONGEST),
        notes=_wrapped(_("No way leads here") if lost else note),
        y=_top(place),
        url=edit_url(page),
        lost=lost,
    )


def _wrapped(note: str) -> tuple[str, ...]:
    return tuple(
        textwrap.wrap(note, LONGEST_NOTE, max_lines=NOTE_LINES, placeholder="…")
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _reached(pages: Sequence[Page], places: dict[str, int]) -> set[int]:
    reached = {0}
    for place, page in enumerate(pages):
        if place not in reached:
            continue
        always = False
        for way in page.next:
            reached.add(places.get(target_of(way), place))
            always = always or not way.get("if")
        if not always or page.show_if:
            reached.add(place + 1)
    return reached


def _arrows(
    pages: Sequence[Page], boxes: Sequence[Box], places: dict[str, int], groups: Groups
) -> tuple[list[Arrow], list[str]]:
    arrows, sentences, lane = [], [], 1
    for place, page in enumerate(pages):
        start = boxes[place]
        if page.show_if:
            arrows.append(_past(start))
            shown = {"page": start.name, "rule": in_words(page.show_if, groups)}
            sentences.append(_("%(page)s – only if %(rule)s") % shown)
        for way in page.next:
            target = places.get(target_of(way))
            if target is None:
                continue
            rule = in_words(way.get("if"), groups) or _("always")
            arrows.append(_aside(start, boxes[target], lane, rule))
            sentences.append(
                _("%(from)s → %(to)s: %(rule)s")
                % {"from": start.name, "to": boxes[target].name, "rule": rule}
            )
            lane += 1
        if not any(not way.get("if") for way in page.next):
            arrows.append(_down(start, boxes[place + 1]))
            other = _("otherwise") if page.next else _("always")
            sentences.append(
                _("%(from)s → %(to)s: %(rule)s")
                % {"from": start.name, "to": boxes[place + 1].name, "rule": other}
            )
    return arrows, sentences


def _down(start: Box, end: Box) -> Arrow:
    x, top, bottom = LEFT + WIDTH // 2, start.y + HEIGHT, end.y
    return Arrow(
        path=f"M{x} {top}V{bottom - 6}",
        tip=f"M{x - 4} {bottom - 7}h8l-4 7z",
    )


def _past(box: Box) -> Arrow:
    """Round the box on the left: where its rule does not hold, it is passed by."""
    x, lane, top, bottom = LEFT + WIDTH // 2, LEFT - 20, box.y - 20, box.y + HEIGHT + 14
    return Arrow(
        path=f"M{x} {top}H{lane}V{bottom}H{x - 6}",
        tip=f"M{x - 7} {bottom - 4}v8l7-4z",
        passing=True,
    )


def _aside(start: Box, end: Box, lane: int, rule: str) -> Arrow:
    """Out to the right, down a lane of its own, and back in."""
    side, x = LEFT + WIDTH, LEFT + WIDTH + LANE * lane
    # No two arrows touch a box at the same height.
    leave, arrive = start.middle - 8 + lane % 5 * 5, end.middle - 8 + lane % 5 * 5
    return Arrow(
        path=f"M{side} {leave}H{x}V{arrive}H{side + 6}",
        tip=f"M{side + 7} {arrive - 4}v8l-7-4z",
        label=_cut(rule, LONGEST_RULE),
        x=x + 6,
        y=leave + 14,
    )


class FlowScreens(SurveyScreens):
    def flow_urls(self) -> list[URLPattern]:
        return [self.screen("flow", require_safe(self.flow_view), "flow")]

    def flow_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.visible(request, survey_id)
        return self.page(request, survey, "flow", _("Flow"), flow=flow(survey))
