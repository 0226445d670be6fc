"""The admin of managed mappings: choose the org and the records, see what is there
and what would be created, validate, deploy, or take it as a package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm_mappings import provisioning
from crm_mappings.admin.provisionings import page
from crm_mappings.models import Connection, Provisioning
from crm_mappings.plan.managed import FieldPlan, ObjectPlan, Part, State
from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.sources import (
    FromQuestion,
    FromRecord,
    FromResponse,
    FromVariable,
    ValueSource,
)
from crm_mappings.provisioning import CannotPropose, CannotStart
from crm_mappings.salesforce.errors import OrgError
from surveys.models import Survey
from surveys.sharing import seen_by, signed_in

# In the address when the records were there to be chosen.
ASKED = "chosen"
TEMPLATE = "admin/crm_mappings/mapping/propose.html"
TYPES = {
    "Text": _("Text (%(length)s)"),
    "LongTextArea": _("Long text (%(length)s)"),
    "Number": _("Number"),
    "Checkbox": _("Checkbox"),
    "Picklist": _("Picklist"),
    "MultiselectPicklist": _("Multi-select picklist"),
    "DateTime": _("Date and time"),
    "Date": _("Date"),
    "Url": _("URL"),
    "Email": _("E-mail"),
    "Phone": _("Phone"),
    "Lookup": _("Look-up to %(refers)s"),
}


class ProposeForm(forms.Form):
    """What a proposal is about; all of it stands in the address."""

    survey = forms.ModelChoiceField(
        label=_("Survey"),
        queryset=Survey.objects.none(),
        to_field_name="key",
        empty_label=_("Choose a survey"),
    )
    connection = forms.ModelChoiceField(
        label=_("Connection"),
        queryset=Connection.objects.order_by("name"),
        to_field_name="key",
        empty_label=_("Choose a connection"),
    )
    record = forms.MultipleChoiceField(
        label=_("Records that a response is about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Each gets a look-up. On a contact and an account the last NPS is kept "
            "as well, where the survey asks for it."
        ),
    )

    def __init__(self, *args: Any, surveys: QuerySet[Survey], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survey"].queryset = surveys  # type: ignore[attr-defined]
        key = self.data.get("survey") or self.initial.get("survey")
        survey = surveys.filter(key=key).first() if key else None
        choices = list(provisioning.COMMON)
        self.about_survey = survey is not None
        if survey is not None:
            choices, chosen = provisioning.record_choices(survey)
            self.initial.setdefault("record", chosen)
        field = self.fields["record"]
        field.choices = [(name, name) for name in choices]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A field as the page shows it."""

    name: str
    label: str
    type: str
    filled: str
    state: str
    lacking: int
    instead_of: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An object as the page shows it."""

    plan: ObjectPlan
    lines: tuple[Line, ...]

    @property
    def new(self) -> int:
        return sum(line.state == "create" for line in self.lines)


class ManagedMappings(admin.ModelAdmin):  # type: ignore[type-arg]
    """The addresses of the proposal, below those of the mappings."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "propose/",
                self.admin_site.admin_view(self.propose_view),
                name="crm_mappings_mapping_propose",
            ),
            path(
                "propose/package.zip",
                self.admin_site.admin_view(self.package_view),
                name="crm_mappings_mapping_package",
            ),
        ]
        return [*own, *super().get_urls()]

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = "connection" in request.GET
        form = ProposeForm(
            _asked(request) if asked else None,
            initial=_initial(request),
            surveys=surveys(request),
        )
        if request.method == "POST":
            return self._start(request, form)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Managed mapping"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
            "connections": Connection.objects.exists(),
            "may_deploy": may_deploy(request),
        }
        if asked and form.is_valid():
            context |= _proposed(form)
        return TemplateResponse(request, TEMPLATE, context)

    def _start(self, request: HttpRequest, form: ProposeForm) -> HttpResponse:
        if not may_deploy(request):
            raise PermissionDenied
        if not form.is_valid():
            return HttpResponseRedirect(request.get_full_path())
        try:
            row = provisioning.start(
                **about(form),
                now=timezone.now(),
                check_only="validate" in request.POST,
                user=signed_in(request.user),
            )
        except (CannotStart, CannotPropose) as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(page(row))

    def package_view(self, request: HttpRequest) -> HttpResponse:
        """Give the same as files, for an administrator who deploys by other means."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProposeForm(request.GET, surveys=surveys(request))
        back = reverse("admin:crm_mappings_mapping_propose", query=request.GET)
        if not form.is_valid():
            return HttpResponseRedirect(back)
        source = "source" in request.GET
        try:
            proposal = provisioning.propose(**about(form), now=timezone.now())
        except CannotPropose as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(back)
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
            return HttpResponseRedirect(back)
        name = f"tellback-{proposal.survey}-{'source' if source else 'package'}.zip"
        return HttpResponse(
            provisioning.package(proposal, source=source),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def surveys(request: HttpRequest) -> QuerySet[Survey]:
    """Return the surveys that the person may see."""
    return seen_by(request.user, Survey.objects.order_by("key"))


def may_deploy(request: HttpRequest) -> bool:
    allowed: bool = request.user.has_perm("crm_mappings.add_provisioning")
    return allowed


def about(form: ProposeForm) -> dict[str, Any]:
    told = form.cleaned_data
    return {
        "survey": told["survey"],
        "connection": told["connection"],
        "records": told["record"],
    }


def _asked(request: HttpRequest) -> QueryDict:
    """Take what is usual where nobody has been asked about the records yet."""
    asked = request.GET.copy()
    survey = Survey.objects.filter(key=asked.get("survey", "")).first()
    if survey is not None and not {"record", ASKED} & set(asked):
        asked.setlist("record", provisioning.record_choices(survey)[1])
    return asked


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Choose what there is no choice about."""
    initial: dict[str, Any] = {"survey": request.GET.get("survey", "")}
    usable = Connection.objects.exclude(status=Connection.Status.NEW)[:2]
    if len(usable) == 1:
        initial["connection"] = usable[0].key
    return initial


def _proposed(form: ProposeForm) -> dict[str, Any]:
    try:
        proposal = provisioning.propose(**about(form), now=timezone.now())
    except CannotPropose as error:
        return {"trouble": str(error)}
    except OrgError as error:
        return {"trouble": error.refusal.message, "org_trouble": True}
    told = form.cleaned_data
    return {
        "proposal": proposal,
        "sections": [section(one) for one in proposal.objects],
        "counts": {state.value: proposal.count(state) for state in State},
        "running": Provisioning.objects.filter(
            survey=told["survey"],
            connection=told["connection"],
            state__in=Provisioning.UNDER_WAY,
        ).first(),
        "query": form.data.urlencode(),  # type: ignore[attr-defined]
        "connection": told["connection"],
    }


def section(plan: ObjectPlan) -> Section:
    return Section(plan=plan, lines=tuple(_lines(plan)))


def _lines(plan: ObjectPlan) -> Iterator[Line]:
    for field in plan.fields:
        yield Line(
            name=field.name,
            label=field.label,
            type=type_text(field),
            filled=filled_text(field),
            state=field.state.value,
            lacking=field.lacking,
            instead_of=", ".join(field.instead_of),
            open=field.open,
        )


def type_text(field: FieldPlan) -> str:
    wish = field.wish
    told = str(TYPES[wish.type]) % {
        "length": 64 if wish.key else wish.length,
        "refers": wish.refers,
    }
    return f"{told}, {gettext('external id')}" if wish.key else told


def filled_text(field: FieldPlan) -> str:
    """Say what the field is filled with, in words."""
    if field.wish.key:
        return gettext("A key of Tellback's own")
    if field.part is Part.ROLL_UP:
        return gettext("The newest answer of this record")
    return source_text(field.source, field.help)


def source_text(source: ValueSource, words: str) -> str:
    match source:
        case FromQuestion(facet=facet):
            return f"{words} · {facet.replace(':', ' ')}" if facet else words
        case FromRecord(record=record):
            return gettext("The %(object)s of the invitation") % {"object": record}
        case FromResponse(name=name) if name in RESPONSE_FACTS:
            return gettext(RESPONSE_FACTS[name].label)
        case FromVariable(variable=variable):
            return gettext("Variable “%(variable)s”") % {"variable": variable}
    return words
