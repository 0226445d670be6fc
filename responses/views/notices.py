"""Owns the pages that only say something: done, ended, not found, refused."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from responses.tongues import tongue
from responses.views.printing import printed
from surveys.looks import Dress

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    status: int
    title: Text
    text: Text
    # Said with a tick: nothing is left to do.
    done: bool = False


UNKNOWN_LINK = Notice(
    status=404,
    title=_("This link does not work"),
    text=_(
        "Check that the whole address was copied, or open the link in the message "
        "again."
    ),
)
NOT_OPEN = Notice(
    status=404,
    title=_("This survey is not open"),
    text=_("It may open later. Nothing that you can do here is missing."),
)
ENDED = Notice(
    status=410,
    title=_("This survey has ended"),
    text=_("Answers are no longer being taken. Thank you for your interest."),
)
CANCELLED = Notice(
    status=410,
    title=_("This invitation was withdrawn"),
    text=_("You do not need to do anything."),
)
FOREIGN = Notice(
    status=403,
    title=_("This answer came from another site"),
    text=_(
        "To be safe it was not counted. Open the survey by its own link and answer."
    ),
)
TOO_LARGE = Notice(
    status=413,
    title=_("That was too much at once"),
    text=_("Go back, shorten what you wrote and send it again."),
)
NOT_UNDERSTOOD = Notice(
    status=400,
    title=_("This could not be read"),
    text=_("Nothing was changed. Go back and send the page again."),
)
NOT_YET = Notice(
    status=404,
    title=_("This survey has not begun yet"),
    text=_("Come back later by the same link."),
)
TOO_OFTEN = Notice(
    status=429,
    title=_("That was tried too often"),
    text=_("Wait ten minutes, then try again."),
)
TOO_MANY = Notice(
    status=429,
    title=_("That was very much at once"),
    text=_("Nothing is lost. Wait a minute, then send the page again."),
)
NOT_HERE = Notice(
    status=405,
    title=_("This is not possible here"),
    text=_("Open the link of the survey in a browser."),
)
TROUBLE = Notice(
    status=503,
    title=_("Something is wrong on our side"),
    text=_(
        "What was saved before is safe. Wait a moment, go back and send the page again."
    ),
)
NOTHING_TO_ASK = Notice(
    status=200,
    title=_("There is nothing to ask you"),
    text=_("None of the questions is meant for you. Thank you for coming."),
)
ALREADY_ANSWERED = Notice(
    status=200,
    title=_("You have already answered"),
    text=_("Thank you. Your answers arrived, and nothing is left to do."),
    done=True,
)
SCREENED_OUT = Notice(
    status=200,
    title=_("That was all"),
    text=_("Thank you for your time. The other questions are meant for others."),
    done=True,
)
THANKS = Notice(
    status=200,
    title=_("Thank you"),
    text=_("Your answers arrived."),
    done=True,
)


ERASED = Notice(
    status=200,
    title=_("Your answers are erased"),
    text=_("Nothing of what you answered is kept here any more."),
    done=True,
)


class Refused(Exception):
    """The request ends with a notice."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(str(notice.title))
        self.notice = notice


def render(  # noqa: PLR0913 - each is a thing to say on the page
    notice: Notice,
    *,
    language: str = "",
    survey: str = "",
    body: SafeString | str = "",
    dress: Dress | None = None,
    around: Hashable = None,
    away: str = "",
    erase: str = "",
    shared: bool = False,
) -> HttpResponse:
    """The notice as a page; without a language, in that of the reader's browser.

    `shared`: its words are the same for everybody.
    """
    spoken = tongue(language or translation.get_language() or "")
    with translation.override(spoken.interface):
        content = printed(
            "respondent/notice.html",
            {
                "notice": notice,
                "survey": survey,
                "body": body,
                "tongue": spoken,
                "dress": dress or Dress(),
                "around": around,
                "away": away,
            },
            {"erase": erase},
            shared=shared and not away,
        )
    response = HttpResponse(content, status=notice.status)
    response["Content-Language"] = spoken.language
    return response
