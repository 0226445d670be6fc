"""The operations of this room, for every protocol."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from rest_framework.exceptions import NotFound

from deployments.api import statistics
from deployments.api.invitations import remind_of, send
from deployments.api.links import MOST_LINKS, as_created, ask_each, ask_one
from deployments.models import Suppression
from deployments.statistics import Statistics
from surveys import sparse
from surveys.contract import Operation, Texts
from surveys.mistakes import flatten
from surveys.pages import check_limit, cut, read_cursor

MOST_ADDRESSES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    email: str
    name: Annotated[str | None, "As the mail calls them."] = None
    language: Annotated[str | None, "Such as de or de-AT."] = None
    event_key: Annotated[
        str | None,
        "The same address and event key again give the same link. "
        "Without one, each call makes a new link.",
    ] = None
    segment: Annotated[str | None, "What the funnel is told apart by."] = None
    records: Annotated[
        Texts | None, "What it is about: object to record id, such as Case to 500…."
    ] = None
    variables: Annotated[Texts | None, "Values of variables that the survey has."] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee(Person):
    deployment: Annotated[str, "Key of a live deployment."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressees:
    deployment: Annotated[str, "Key of a live deployment."]
    links: Annotated[tuple[Person, ...], f"1 to {MOST_LINKS} of them."]
    partial: Annotated[
        bool | None,
        "True: make the links that can be made; the others come back with problems. "
        "Otherwise one that is wrong refuses them all.",
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    email: str
    token: str
    url: Annotated[str, "For this person alone."]
    created: Annotated[bool, "False: this link was there before."]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProblem:
    path: Annotated[str, "Which part of the person is wrong."]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrProblems(Link):
    problems: Annotated[
        tuple[LinkProblem, ...], "Why none was made; only with `partial`."
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    links: Annotated[
        tuple[LinkOrProblems, ...], "In the order in which they were asked for."
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    id: Annotated[str, "Of the invitation."]
    email: str
    created: Annotated[bool, "False: this person was invited for this event before."]
    mail: Annotated[str, "What became of the mail: waiting, sending, sent, failed, …"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderOf:
    invitation: Annotated[str, "Id of the invitation."]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsOf:
    deployment: Annotated[str, "Key of the deployment."]
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfAddresses:
    after: Annotated[
        str | None, "The cursor of the last page; without it, the first."
    ] = None
    limit: Annotated[int | None, "Addresses on a page, 1 to 1000; 100 when unsaid."] = (
        None
    )
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    email: str
    reason: Annotated[str, "opted_out, bounced, complained, added or crm."]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribedPage:
    addresses: Annotated[tuple[Unsubscribed, ...], "Oldest first."]
    cursor: Annotated[
        str | None, "Send it as `after` for the next page; none: the last."
    ]


def body(asked: Any) -> dict[str, Any]:
    """As REST would send it: what was not said is left out."""
    said = {name: value for name, value in asdict(asked).items() if value is not None}
    if "links" in said:
        said["links"] = [body(person) for person in asked.links]
    return said


def create_tracking_url(asked: Addressee, now: datetime) -> Link:
    email, invited = ask_one(body(asked), now=now, send=False)
    return Link(**as_created(email, invited))


def create_tracking_urls(asked: Addressees, now: datetime) -> Links:
    told = ask_each(body(asked), now=now)
    return Links(links=tuple(_link_or_problems(**one) for one in told))


def _link_or_problems(problems: Any = None, **link: Any) -> LinkOrProblems:
    wrong = tuple(LinkProblem(**one) for one in flatten(problems or {}))
    return LinkOrProblems(**link, problems=wrong)


def send_invitation(asked: Addressee, now: datetime) -> Sent:
    return Sent(**send(body(asked), now=now))


def send_reminder(asked: ReminderOf, now: datetime) -> Sent:
    try:
        key = UUID(asked.invitation)
    except ValueError as error:
        raise NotFound from error
    return Sent(**remind_of(key, now=now))


def send_statistics(asked: StatisticsOf, _now: datetime) -> Statistics:
    return statistics.of(asked.deployment)


def unsubscribed_addresses(asked: PageOfAddresses, _now: datetime) -> UnsubscribedPage:
    rows = Suppression.objects.each_address().order_by("pk")
    if after := read_cursor(asked.after):
        rows = rows.filter(pk__gt=after)
    limit = check_limit(asked.limit, most=MOST_ADDRESSES, default=100)
    page, cursor = cut(rows, limit)
    addresses = tuple(
        Unsubscribed(email=row.email, reason=str(row.reason), since=row.created_at)
        for row in page
    )
    return UnsubscribedPage(addresses=addresses, cursor=cursor)


NOT_LIVE = {"deployment-not-live": "The deployment is there, but it asks nobody now."}

OPERATIONS = (
    Operation(
        name="createTrackingUrl",
        summary="Make a unique survey address for one person",
        detail=(
            "Nothing is mailed: the address is for another system to send. The same "
            "e-mail address and event key again give the same link."
        ),
        scope="links:write",
        parameters=Addressee,
        result=Link,
        run=create_tracking_url,
        errors=NOT_LIVE,
        rest="POST tracking-links/",
    ),
    Operation(
        name="createTrackingUrls",
        summary="Make unique survey addresses for up to 1,000 persons at once",
        detail=(
            "All of them are made or, when one is wrong, none; with `partial` those "
            "that are right, and the others come back with their problems."
        ),
        scope="links:write",
        parameters=Addressees,
        result=Links,
        run=create_tracking_urls,
        errors=NOT_LIVE,
        rest="POST tracking-links/",
    ),
    Operation(
        name="sendInvitation",
        summary="Invite one person and mail them the link",
        scope="links:write",
        parameters=Addressee,
        result=Sent,
        run=send_invitation,
        errors=NOT_LIVE
        | {
            "address-suppressed": "The person does not want to be asked any more.",
            "asked-enough": "A limit leaves the person alone for now.",
        },
        rest="POST invitations/",
    ),
    Operation(
        name="sendReminder",
        summary="Mail an invitation once more",
        detail="Once a day at most, and only while the survey is not answered.",
        scope="links:write",
        parameters=ReminderOf,
        result=Sent,
        run=send_reminder,
        errors={
            "not-found": "There is no invitation with this id.",
            "reminder-refused": "It was answered, has ended, or was just mailed.",
        },
        rest="POST invitations/{invitation}/remind/",
    ),
    Operation(
        name="getUnsubscribedAddresses",
        summary="List the addresses that are not asked any more, oldest first",
        scope="responses:read",
        parameters=PageOfAddresses,
        result=UnsubscribedPage,
        run=unsubscribed_addresses,
        errors={},
        rest="GET unsubscribed-addresses/",
        sparse=Unsubscribed,
    ),
    Operation(
        name="getSendStatistics",
        summary="Count the invitations of a deployment by what became of them",
        scope="responses:read",
        parameters=StatisticsOf,
        result=Statistics,
        run=send_statistics,
        errors={"not-found": "There is no deployment with this key."},
        rest="GET deployments/{deployment}/statistics/",
        sparse=Statistics,
    ),
)
