"""Tracking links: one call, up to a thousand unique links, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments import refusing
from deployments.addresses import normal_address
from deployments.api.fields import (
    AddressField,
    LanguageField,
    RecordsField,
    TextsField,
)
from deployments.invitations import Invited, invite_many
from deployments.models import Deployment
from deployments.rules import Invitee, address_key
from surveys.bodies import Body
from surveys.sharing import seen

MOST_LINKS = 1000


class NotLive(APIException):
    """The deployment is there, but it asks nobody at the moment."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "deployment-not-live"
    default_detail = gettext_lazy("This deployment is not live.")


class AddressSuppressed(APIException):
    """The person has said that they do not want to be asked, or nobody is there."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "address-suppressed"
    default_detail = gettext_lazy("This address is not to be asked any more.")


class AskedEnough(APIException):
    """A limit, or the quiet days of the deployment, leave the person alone for now."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "asked-enough"
    default_detail = gettext_lazy("This person was asked often enough.")


ENOUGH = frozenset({"capped", "asked_recently"})


class LinkSerializer(Body):
    email = AddressField(max_length=254)
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    language = LanguageField(max_length=16, allow_blank=True, default="")
    event_key = serializers.CharField(
        max_length=200,
        allow_blank=True,
        default="",
        help_text=gettext_lazy(
            "The same address and event key again give the same link. "
            "Without one, each call makes a new link."
        ),
    )
    segment = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("What the funnel is told apart by."),
    )
    records = RecordsField(required=False)
    variables = TextsField(required=False)


class LinksSerializer(Body):
    deployment = serializers.CharField(
        max_length=50, help_text=gettext_lazy("The key of a live deployment.")
    )
    # The stubs do not know what `many=True` passes on to the list.
    links = LinkSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, min_length=1, max_length=MOST_LINKS
    )

    # The class takes declared fields away, so that this one hides no other.
    partial = serializers.BooleanField(  # type: ignore[assignment]
        default=False,
        help_text=gettext_lazy(
            "True: make the links that can be made; each of the others comes back with "
            "its errors. Otherwise one that is wrong refuses them all."
        ),
    )

    def validate_deployment(self, key: str) -> Deployment:
        rows = Deployment.objects.select_related("survey__live_version")
        found = seen(rows, "survey").filter(key=key).first()
        if found is None:
            raise serializers.ValidationError(
                _("There is no deployment with the key “%(key)s”.") % {"key": key}
            )
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        declared = declared_variables(attrs["deployment"])
        errors = [undeclared(link, declared) for link in attrs["links"]]
        if any(errors):
            raise serializers.ValidationError({"links": errors})
        return attrs


class CreatedLinkSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    token = serializers.CharField()
    url = serializers.URLField()
    created = serializers.BooleanField(
        help_text=gettext_lazy("False: this link was there before.")
    )
    problems = serializers.DictField(
        required=False,
        help_text=gettext_lazy("Why none was made, by field; only with `partial`."),
    )


class TrackingLinks(APIView):
    """Links for another system to send: each answers for one address alone."""

    required_scopes = {"POST": "links:write"}

    @extend_schema(
        operation_id="createTrackingUrls",
        request=LinksSerializer,
        responses={201: CreatedLinkSerializer(many=True)},
    )
    def post(self, request: Request) -> Response:
        answer = ask_each(request.data, now=timezone.now())
        return Response(answer, status=status.HTTP_201_CREATED)


def ask_each(data: Any, *, now: datetime) -> list[dict[str, Any]]:
    """Make all links or, where the body says `partial`, those that can be made.

    When none can, the call is refused as ever, and may be repeated once it is mended.
    """
    refused: dict[int, dict[str, Any]] = {}
    places: list[int] | None = None
    while True:
        try:
            made = ask(data, now=now, send=False)
        except serializers.ValidationError as error:
            bad = wrong_links(data, error.detail)
            if not bad or len(bad) == len(data["links"]):
                raise
            # Some mistakes are seen only when there are no simpler ones.
            places = places or list(range(len(data["links"])))
            refused |= {
                places[at]: as_refused(data["links"][at], errors)
                for at, errors in bad.items()
            }
            places = [place for at, place in enumerate(places) if at not in bad]
            good = [link for at, link in enumerate(data["links"]) if at not in bad]
            data = {**data, "links": good}
            continue
        done = [as_created(*one) for one in made]
        told = refused | dict(zip(places or range(len(done)), done, strict=True))
        return [told[place] for place in sorted(told)]


def wrong_links(data: Any, detail: Any) -> dict[int, Any]:
    """The errors by the place of the link; none when they are not the links' alone."""
    if not isinstance(data, Mapping) or data.get("partial") is not True:
        return {}
    if not isinstance(detail, dict) or set(detail) != {"links"}:
        return {}
    links = detail["links"]
    found = links.items() if isinstance(links, dict) else enumerate(links)
    by_place = {at: errors for at, errors in found if errors}
    by_link = all(
        isinstance(at, int) and isinstance(one, dict) for at, one in by_place.items()
    )
    return by_place if by_link else {}


def as_refused(link: Any, errors: Any) -> dict[str, Any]:
    email = link.get("email") if isinstance(link, Mapping) else None
    told = email if isinstance(email, str) else ""
    return {"email": told, "token": "", "url": "", "created": False, "problems": errors}


def ask(data: Any, *, now: datetime, send: bool) -> list[tuple[str, Invited]]:
    """Invite as a body says; return each address as it was sent, and its link."""
    asked = LinksSerializer(data=data)
    asked.is_valid(raise_exception=True)
    deployment = asked.validated_data["deployment"]
    refuse_unless_live(deployment)
    links = asked.validated_data["links"]
    people = [invitee(link) for link in links]
    with transaction.atomic():
        if send:
            _refuse_to_mail(deployment, people, now)
        invited = invite_many(
            deployment=deployment, invitees=people, now=now, send=send
        )
    return [(link["email"], one) for link, one in zip(links, invited, strict=True)]


def _refuse_to_mail(
    deployment: Deployment, people: Sequence[Invitee], now: datetime
) -> None:
    """Who mails by himself decides by himself; whom we mail, our limits protect."""
    refusals = refusing.against(deployment=deployment, people=people, now=now)
    for one in refusals.values():
        error = AskedEnough if one.code in ENOUGH else AddressSuppressed
        raise error(one.reason)


def ask_one(data: Any, *, now: datetime, send: bool) -> tuple[str, Invited]:
    """Invite one person, as a flat body says."""
    if not isinstance(data, Mapping):
        raise serializers.ValidationError(_("Send a JSON object."))
    link = {name: value for name, value in data.items() if name != "deployment"}
    body = {name: data[name] for name in ("deployment",) if name in data}
    try:
        return ask({**body, "links": [link]}, now=now, send=send)[0]
    except serializers.ValidationError as error:
        raise serializers.ValidationError(flat(error.detail)) from error


def flat(detail: Any) -> Any:
    """The errors of the one link beside those of the body."""
    if not isinstance(detail, dict) or "links" not in detail:
        return detail
    links = detail["links"]
    inner = links[0] if isinstance(links, list) else links.get(0, links)
    rest = {name: value for name, value in detail.items() if name != "links"}
    return {**rest, **inner} if isinstance(inner, dict) else detail


def invitee(link: dict[str, Any]) -> Invitee:
    key = link["event_key"]
    return Invitee(
        email=normal_address(link["email"]),
        name=link["name"],
        language=link["language"],
        segment=link["segment"],
        records=link.get("records", {}),
        variables=link.get("variables", {}),
        record_key=address_key(link["email"]) if key else "",
        event_key=key,
    )


def as_created(email: str, invited: Invited) -> dict[str, Any]:
    return {
        "email": email,
        "token": invited.token,
        "url": invited.url,
        "created": invited.created,
    }


def refuse_unless_live(deployment: Deployment) -> None:
    if deployment.status != Deployment.Status.LIVE:
        raise NotLive(
            _("The deployment “%(key)s” is not live; set it live first.")
            % {"key": deployment.key}
        )
    if deployment.survey.live_version is None:
        raise NotLive(
            _("The survey “%(key)s” is not published; publish it first.")
            % {"key": deployment.survey.key}
        )


def declared_variables(deployment: Deployment) -> set[str]:
    """The variables of the version that will be answered, else of the draft."""
    survey = deployment.survey
    version = survey.live_version
    variables = version.definition.get("variables") if version else survey.variables
    return {variable["key"] for variable in variables or []}


def undeclared(link: dict[str, Any], declared: set[str]) -> dict[str, Any]:
    known = ", ".join(sorted(declared)) or _("none")
    errors = {
        name: [
            _("The survey declares no variable “%(name)s”; it has: %(known)s.")
            % {"name": name[:100], "known": known}
        ]
        for name in link.get("variables", {})
        if name not in declared
    }
    return {"variables": errors} if errors else {}
