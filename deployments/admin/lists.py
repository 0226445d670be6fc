"""Lists of people in the CRM, in the admin: where they are read, and asking them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments import sources
from deployments.admin.rows import RecordsField, VariablesField
from deployments.admin.showing import badge, change_link
from deployments.mailings import count_people, mail_list
from deployments.models import Deployment, PeopleList
from deployments.sources import SourceError, UnknownSource
from surveys.shared_rows import OfSurveys

ASKS = (Deployment.Channel.MAILING, Deployment.Channel.RECURRING)
FIELDS = (
    *("email_field", "name_field", "language_field"),
    *("time_zone_field", "segment_field", "opt_out_field"),
)
INPUT = {"class": "vTextField", "spellcheck": "false", "autocapitalize": "none"}


class PeopleListForm(forms.ModelForm):  # type: ignore[type-arg]
    source = forms.ChoiceField(label=gettext_lazy("Source"))
    records = RecordsField(
        label=gettext_lazy("Records it is about"),
        required=False,
        help_text=gettext_lazy(
            "The person is among them by itself. Such as Account with the field "
            "AccountId."
        ),
    )
    variables = VariablesField(
        label=gettext_lazy("Variables of the survey"), required=False
    )

    class Meta:
        model = PeopleList
        fields = [
            *("deployment", "name", "source", "kind", "what", *FIELDS),
            *("records", "variables", "every_months", "is_active"),
        ]
        widgets = {
            "what": forms.Textarea({"rows": 3, "spellcheck": "false"}),
            **{name: forms.TextInput(INPUT) for name in FIELDS},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if "source" in self.fields:
            known = sources.all_choices()
            if row.source and row.source not in dict(known):
                known.append((row.source, row.source))
            self.fields["source"].choices = [("", "---------"), *known]  # type: ignore[attr-defined]
        if "deployment" in self.fields:
            self.fields["deployment"].queryset = Deployment.objects.filter(  # type: ignore[attr-defined]
                channel__in=ASKS
            )
        if "variables" in self.fields and row.deployment_id:
            declared = row.deployment.survey.variables
            self.fields["variables"].offer(  # type: ignore[attr-defined]
                [(one["key"], one.get("label") or one["key"]) for one in declared]
            )


@admin.register(PeopleList)
class PeopleListAdmin(OfSurveys):
    survey_path = "deployment__survey"
    form = PeopleListForm
    change_form_template = "admin/deployments/list_form.html"
    list_display = ["name", "deployment", "kind", "found", "read_at", "state"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["deployment"]
    search_fields = ["name"]
    ordering = ["name", "pk"]

    class Media:
        css = {"all": ["surveys/forms.css", "deployments/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: PeopleList | None = None) -> Any:
        where = ["name", "source", "kind", "what"]
        sets: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": ["deployment", *where]}),
            (_("Whom"), {"fields": list(FIELDS)}),
            (_("About what"), {"fields": ["records"]}),
        ]
        if obj is None:
            return sets
        sets[0] = (None, {"fields": ["deployment_link", "is_active", *where]})
        sets[2] = (_("About what"), {"fields": ["records", "variables"]})
        if obj.deployment.channel == Deployment.Channel.RECURRING:
            sets.insert(
                1,
                (
                    _("How often"),
                    {
                        "fields": ["every_months", "due_at", "read_at", "found"],
                        "description": _(
                            "Each person has a week of their own. What an outage or a "
                            "pause leaves out is caught up with as far as the last "
                            "four weeks; whoever's week lies further back is asked in "
                            "the next round."
                        ),
                    },
                ),
            )
        if obj.error:
            sets[0][1]["fields"].append("error")
        return sets

    def get_readonly_fields(
        self, request: HttpRequest, obj: PeopleList | None = None
    ) -> list[str]:
        return ["deployment_link", "error", "due_at", "read_at", "found"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        known = sources.all_choices()
        return {"source": known[0][0] if len(known) == 1 else "", **initial}

    @admin.display(description=gettext_lazy("deployment"))
    def deployment_link(self, row: PeopleList) -> SafeString:
        return change_link(row.deployment)

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: PeopleList) -> SafeString:
        if row.error:
            return format_html(
                '{}<span class="dep-note">{}</span>',
                badge("failed", _("Cannot be read")),
                row.error[:200],
            )
        if row.is_active:
            return badge("live", _("Active"))
        return badge("off", _("Switched off"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and self.has_change_permission(request, row):
            context["read_url"] = reverse(
                "admin:deployments_peoplelist_read", args=[row.pk]
            )
            live = row.deployment.status == Deployment.Status.LIVE
            mails = row.deployment.channel == Deployment.Channel.MAILING
            if live and mails:
                context["mail_url"] = reverse(
                    "admin:deployments_peoplelist_mail", args=[row.pk]
                )
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"deployments_peoplelist_{name}",
            )
            for name, view in (("read", self.read), ("mail", self.mail))
        ]
        return [*own, *super().get_urls()]

    def read(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the list and say whom it holds; nobody is asked."""

        def act(row: PeopleList) -> str:
            good, bad = count_people(people=row)
            text = ngettext(
                "%(good)s person can be asked; %(bad)s cannot.",
                "%(good)s people can be asked; %(bad)s cannot.",
                good,
            )
            return text % {"good": good, "bad": bad}

        return self._try(request, pk, act)

    def mail(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask everybody on the list, by a mailing of its own."""
        name = request.POST.get("name", "").strip()[:100]
        if request.method == "POST" and not name:
            messages.error(request, _("Give the mailing a name."))
            return self._back(pk)

        def act(row: PeopleList) -> str:
            told = mail_list(people=row, name=name, now=timezone.now())
            text = _("%(invited)s people were invited; %(bad)s were not.")
            return text % {"invited": told.invited, "bad": len(told.bad)}

        return self._try(request, pk, act)

    def _try(
        self, request: HttpRequest, pk: int, act: Callable[[PeopleList], str]
    ) -> HttpResponse:
        rows = PeopleList.objects.select_related("deployment__survey__live_version")
        row = get_object_or_404(rows, pk=pk)
        if request.method != "POST" or not self.has_change_permission(request, row):
            raise PermissionDenied
        try:
            messages.success(request, act(row))
        except UnknownSource:
            messages.error(request, _("Nothing can be asked at this source."))
        except SourceError as error:
            messages.error(request, str(error))
        return self._back(pk)

    def _back(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:deployments_peoplelist_change", args=[pk])
        )

    def response_add(
        self, request: HttpRequest, obj: PeopleList, post_url_continue: Any = None
    ) -> HttpResponse:
        """Stay on the page: reading it comes next."""
        messages.success(
            request, _("The list was added. Read it to see whom it holds.")
        )
        return redirect("admin:deployments_peoplelist_change", obj.pk)
