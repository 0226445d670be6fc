"""Owns the buttons of a connection's page: each calls one act and says what came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm_mappings import connections, drift, rebinding
from crm_mappings.connections.descriptions import ALL_OBJECTS
from crm_mappings.models import Connection
from crm_mappings.rebinding import Rebound
from crm_mappings.salesforce.errors import OrgError
from surveys.models import survey_key_validator

ACTS = (
    *("connect", "check", "refresh", "key_pair", "resume", "disconnect"),
    *("rebind", "compare", "clone", "certificate", "permission_set"),
    *("rotate_hook", "end_overlap"),
)


class CloneForm(forms.Form):
    """The other org that a connection's set-up is copied for."""

    name = forms.CharField(label=_("Name"), max_length=100)
    key = forms.CharField(
        label=_("Key"), max_length=50, validators=[survey_key_validator]
    )
    login_url = forms.CharField(label=_("Log-in address"), max_length=255)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Connection.objects.filter(key=key).exists():
            raise forms.ValidationError(_("There is a connection with this key."))
        return key

    def clean_login_url(self) -> str:
        address: str = self.cleaned_data["login_url"]
        if problem := connections.login_address_problem(address):
            raise forms.ValidationError(problem)
        return address


class ConnectionActs(admin.ModelAdmin):  # type: ignore[type-arg]
    """The addresses behind the buttons."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(self._view(name)),
                name=f"crm_mappings_connection_{name}",
            )
            for name in ACTS
        ]
        return [*own, *super().get_urls()]

    def _view(self, name: str) -> Callable[..., HttpResponse]:
        view: Callable[..., HttpResponse] = getattr(self, f"{name}_view")
        return view

    def _posted(self, request: HttpRequest, pk: int) -> Connection:
        if request.method != "POST":
            raise PermissionDenied
        return self._mine(request, pk)

    def _mine(self, request: HttpRequest, pk: int) -> Connection:
        row = get_object_or_404(Connection, pk=pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def _try(
        self, request: HttpRequest, row: Connection, act: Callable[[], str]
    ) -> HttpResponse:
        """Do something with the org; say what came of it, or why not."""
        try:
            self.message_user(request, act(), messages.SUCCESS)
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
        return HttpResponseRedirect(page(row))

    # -- log in, go on, stop

    def connect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)

        def act() -> str:
            connections.connect(connection=row, now=timezone.now())
            text = gettext("Connected to %(org)s as %(user)s.")
            return text % {"org": row.org_name or row.org_id, "user": row.username}

        return self._try(request, row, act)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)

        def act() -> str:
            connections.resume(connection=row, now=timezone.now())
            return gettext("It goes on. What has waited is being written.")

        return self._try(request, row, act)

    def disconnect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        if connections.disconnect(connection=row):
            text = _("Disconnected: the log-in was given back to Salesforce.")
            self.message_user(request, text, messages.SUCCESS)
        else:
            text = _(
                "Disconnected here, but Salesforce could not be told. Revoke the app "
                "there: Setup → Connected Apps OAuth Usage."
            )
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(page(row))

    def key_pair_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        connections.make_key_pair(connection=row, now=timezone.now())
        text = _("There is a new key pair. Upload its certificate to the app.")
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(page(row))

    def certificate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._mine(request, pk)
        if not row.certificate:
            text = _("There is no key pair yet. Make one first.")
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(page(row))
        return download(row.certificate.encode(), f"tellback-{row.key}.crt", PEM)

    # -- the address of outbound messages

    def rotate_hook_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        connections.rotate_hook(connection=row, now=timezone.now())
        self.log_change(request, row, gettext("New address for outbound messages."))
        text = _(
            "There is a new address. Put it into the outbound message in Salesforce; "
            "the former one is taken for a week."
        )
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(page(row))

    def end_overlap_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        connections.end_overlap(connection=row)
        text = _("The former address is not taken any more.")
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(page(row))

    # -- prove and describe

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        results = connections.check(connection=row, now=timezone.now())
        context = {
            "title": _("Check of %(name)s") % {"name": row},
            "checks": results,
            "failed": sum(not result.passed for result in results),
            "permission_set_url": act_url("permission_set", row),
        }
        return self._shown(request, row, "checks.html", context)

    def permission_set_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._mine(request, pk)
        try:
            body = connections.permission_set(connection=row, now=timezone.now())
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
            return HttpResponseRedirect(page(row))
        name = f"Tellback_{row.key.replace('-', '_')}.permissionset-meta.xml"
        return download(body, name, "application/xml")

    def refresh_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)

        def act() -> str:
            count = describe_again(row, timezone.now())
            text = ngettext(
                "The list of objects and %(count)d description are fresh.",
                "The list of objects and %(count)d descriptions are fresh.",
                count,
            )
            return text % {"count": count}

        return self._try(request, row, act)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)

        def act() -> str:
            found = drift.look(connection=row, now=timezone.now())
            text = ngettext(
                "%(count)d change was found.",
                "%(count)d changes were found.",
                len(found),
            )
            return text % {"count": len(found)}

        return self._try(request, row, act)

    # -- sandboxes

    def rebind_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        try:
            rebound = rebinding.rebind(connection=row, now=timezone.now())
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
            return HttpResponseRedirect(page(row))
        return self.show_rebound(request, row, rebound)

    def show_rebound(
        self, request: HttpRequest, row: Connection, rebound: Rebound
    ) -> HttpResponse:
        context = {
            "title": _("%(name)s is bound anew") % {"name": row},
            "told": rebound,
        }
        return self._shown(request, row, "rebound.html", context)

    def clone_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._mine(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CloneForm(request.POST or None, initial={"login_url": row.login_url})
        if request.method == "POST" and form.is_valid():
            fresh = rebinding.clone(connection=row, **form.cleaned_data)
            text = _(
                "The set-up was copied: its mappings as drafts, its triggers switched "
                "off. Log in now."
            )
            self.message_user(request, text, messages.SUCCESS)
            return HttpResponseRedirect(page(fresh))
        context = {
            "title": _("Copy the set-up of %(name)s") % {"name": row},
            "form": form,
            "mappings": row.mappings.order_by("name"),
            "triggers": rebinding.triggers_of(row),
        }
        return self._shown(request, row, "clone.html", context)

    def _shown(
        self, request: HttpRequest, row: Connection, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
        }
        template = f"admin/crm_mappings/connection/{name}"
        return TemplateResponse(request, template, shared | context)


PEM = "application/x-pem-file"


def download(body: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def describe_again(row: Connection, now: datetime) -> int:
    """Ask for everything that is kept of the org's objects; return how many."""
    connections.list_objects(connection=row, now=now, max_age=timedelta(0))
    kept = row.descriptions.exclude(object=ALL_OBJECTS)
    names = list(kept.values_list("object", flat=True))
    if names:
        org = connections.client(row)
        connections.refresh(connection=row, objects=names, now=now, org=org)
        org.close()
    return len(names)


def act_url(act: str, row: Connection) -> str:
    return reverse(f"admin:crm_mappings_connection_{act}", args=[row.pk])


def page(row: Connection) -> str:
    return reverse("admin:crm_mappings_connection_change", args=[row.pk])
