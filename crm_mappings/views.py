"""The doors for Salesforce itself: the hook of outbound messages, and the log-in of a
person who comes back from Salesforce."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    UnreadablePostError,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from crm_mappings import connections, feeds, rebinding
from crm_mappings.models import Connection
from crm_mappings.salesforce.auth import Challenge, new_challenge
from crm_mappings.salesforce.errors import OrgError
from crm_mappings.salesforce.outbound_message import LARGEST, MessageRefused
from crm_mappings.salesforce.sayings import plain

log = logging.getLogger(__name__)

XML = "text/xml; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
LOG_IN = "salesforce_log_in"
LOG_IN_LIFE = 15 * 60.0  # as long as a code of Salesforce's lives


@csrf_exempt
@never_cache
def salesforce_hook(request: HttpRequest, secret: str) -> HttpResponse:
    """Take an outbound message. Whatever is not a 200 is sent again for a day."""
    try:
        answer = _take(request, secret)
    except Exception:  # here, because elsewhere the address would be logged with it
        log.exception("An outbound message could not be taken")
        answer = _plain(_("The message could not be stored. Send it again."), 500)
    # The address is a secret: Django must not log it with the refusal.
    vars(answer)["_has_been_logged"] = True
    return answer


def _take(request: HttpRequest, secret: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        now = timezone.now()
        connection = feeds.find(
            secret=secret, certificate=_certificate(request), now=now
        )
        body = _body(request)
        if body is None:
            return _plain(_("The message is larger than 1 MB."), 413)
        ack = feeds.take(connection=connection, body=body, now=now)
    except connections.UnknownHook:
        return _plain(_("There is no such hook."), 404)
    except (MessageRefused, UnreadablePostError) as error:
        return _plain(str(error), 400)
    except (connections.WrongCertificate, feeds.WrongOrganisation) as error:
        return _plain(str(error), 403)
    return HttpResponse(ack, content_type=XML)


def _certificate(request: HttpRequest) -> str | None:
    """What the proxy says of the client's certificate, if it is set up to say it."""
    header = settings.CLIENT_CERTIFICATE_HEADER
    return request.headers.get(header, "") if header else None


def _body(request: HttpRequest) -> bytes | None:
    """Read the body up to the cap and never past it; None: it is too large."""
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > LARGEST:
        return None
    body = request.read(LARGEST + 1)
    return None if len(body) > LARGEST else body


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type=PLAIN)


@never_cache
@require_GET
@staff_member_required
def start_log_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a person to Salesforce, to log in for a connection."""
    connection = _connection(request, pk)
    challenge = new_challenge()
    try:
        address = connections.authorize_url(connection, challenge)
    except OrgError as error:
        messages.error(request, error.refusal.message)
        return _back(connection)
    request.session[LOG_IN] = {
        **asdict(challenge),
        "connection": connection.pk,
        "began": timezone.now().timestamp(),
        # After a sandbox refresh: the organisation may be another one.
        "rebind": request.GET.get("rebind") == "1",
    }
    return HttpResponseRedirect(address)


@never_cache
@require_GET
@staff_member_required
def finish_log_in(request: HttpRequest) -> HttpResponse:
    """Take the person who comes back; the state proves that this browser went."""
    kept = request.session.pop(LOG_IN, None)
    state = request.GET.get("state", "")
    if not kept or _is_old(kept) or not constant_time_compare(kept["state"], state):
        messages.error(
            request,
            _("This log-in did not begin in this browser, or is over. Begin again."),
        )
        return HttpResponseRedirect(reverse("admin:crm_mappings_connection_changelist"))
    connection = _connection(request, kept["connection"])
    challenge = Challenge(state=kept["state"], verifier=kept["verifier"])
    before = connection.org_id
    connected = _connect(request, connection, challenge, rebind=kept["rebind"])
    if connected and before and before != connection.org_id:
        _say_what_fits_no_more(request, connection, before)
    return _back(connection)


def _is_old(kept: dict[str, Any]) -> bool:
    """Say whether somebody has left the page of Salesforce's open for too long."""
    return bool(timezone.now().timestamp() - kept["began"] > LOG_IN_LIFE)


def _connect(
    request: HttpRequest, connection: Connection, challenge: Challenge, *, rebind: bool
) -> bool:
    code = request.GET.get("code", "")
    if not code:
        error = request.GET.get("error", "?")[:100]
        said = request.GET.get("error_description", error)[:200]
        messages.error(request, plain(error, said))
        return False
    try:
        connections.connect_with_code(
            connection=connection,
            code=code,
            verifier=challenge.verifier,
            now=timezone.now(),
            rebind=rebind,
        )
    except OrgError as refused:
        messages.error(request, refused.refusal.message)
        return False
    text = _("Connected with %(org)s as %(user)s.")
    about = {"org": connection.org_name, "user": connection.username}
    messages.success(request, text % about)
    return True


def _say_what_fits_no_more(
    request: HttpRequest, connection: Connection, before: str
) -> None:
    try:
        told = rebinding.after_log_in(
            connection=connection, org_before=before, now=timezone.now()
        )
    except OrgError as refused:
        messages.error(request, refused.refusal.message)
        return
    text = _("Bound anew: from %(before)s to %(now)s. Changes: %(changes)s.")
    values = {"before": before, "now": told.org_now, "changes": len(told.changes)}
    messages.info(request, text % values)
    for one in told.unfit:
        found = " ".join(finding.message for finding in one.findings)
        text = _("“%(mapping)s” does not fit any more: %(found)s")
        messages.warning(request, text % {"mapping": one.mapping, "found": found})
    for lost in told.triggers:
        text = _("The trigger “%(trigger)s” reads what is not there: %(missing)s")
        values = {"trigger": lost.trigger, "missing": ", ".join(lost.missing)}
        messages.warning(request, text % values)


def _connection(request: HttpRequest, pk: int) -> Connection:
    if not request.user.has_perm("crm_mappings.change_connection"):
        raise PermissionDenied
    return get_object_or_404(Connection, pk=pk)


def _back(connection: Connection) -> HttpResponse:
    return HttpResponseRedirect(
        reverse("admin:crm_mappings_connection_change", args=[connection.pk])
    )
