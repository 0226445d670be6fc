"""How the mails of a deployment look, and one of them to try."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.addresses import is_address
from deployments.invitations import trying
from deployments.models import Deployment
from surveys.admin.texts import language_name

# The mail has its own styles and nothing else, and stands alone on its page.
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"


# Nobody is mailed by these: people come by themselves, or another system writes.
UNMAILED = frozenset({Deployment.Channel.WEB, Deployment.Channel.LINKS})


class TryForm(forms.Form):
    """To whom, and in which language."""

    email = forms.EmailField(label=gettext_lazy("Send it to"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        if not is_address(address):
            raise forms.ValidationError(_("Mail cannot be sent to this address."))
        return address


class Previews(admin.ModelAdmin):  # type: ignore[type-arg]
    """The addresses of the preview, and of the mail to try."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"deployments_deployment_{name}",
            )
            for name, view in (("mails", self.mails), ("mail", self.mail))
        ]
        return [*own, *super().get_urls()]

    def mails(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every mail of the deployment in every language; a form to try one."""
        row = self._row(request, pk)
        asked = _asked(row, request)
        form = TryForm(request.POST or None, initial=_me(request))
        if request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            if form.is_valid():
                return self._try(request, row, asked, form.cleaned_data)
        sample = trying.sample(deployment=row, now=timezone.now(), **asked)
        context = {
            **admin.site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": _("Try out “%(name)s”") % {"name": row},
            "mails": row.channel not in UNMAILED,
            "form": form,
            "may_send": self.has_change_permission(request, row),
            "mail": sample,
            "sender": sample.from_email,
            "choices": _choices(row, asked),
            "html_url": reverse("admin:deployments_deployment_mail", args=[pk])
            + f"?{request.GET.urlencode()}",
        }
        return TemplateResponse(request, "admin/deployments/mails.html", context)

    def mail(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The HTML of one mail, by itself."""
        row = self._row(request, pk)
        asked = _asked(row, request)
        sample = trying.sample(deployment=row, now=timezone.now(), **asked)
        html = next(body for body, kind in sample.alternatives if kind == "text/html")
        answer = HttpResponse(str(html))
        answer["Content-Security-Policy"] = CSP
        answer["X-Frame-Options"] = "SAMEORIGIN"
        return answer

    def _row(self, request: HttpRequest, pk: int) -> Deployment:
        rows = Deployment.objects.select_related("survey__live_version")
        row = get_object_or_404(rows, pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def _try(
        self,
        request: HttpRequest,
        row: Deployment,
        asked: dict[str, Any],
        to: dict[str, Any],
    ) -> HttpResponse:
        now: datetime = timezone.now()
        try:
            trying.send(deployment=row, **to, **asked, now=now)
        except trying.NotTried as error:
            messages.error(request, str(error))
        else:
            text = _("The mail went to %(email)s, as a test.")
            messages.success(request, text % {"email": to["email"]})
        return HttpResponseRedirect(request.get_full_path())


def _me(request: HttpRequest) -> dict[str, str]:
    return {"email": getattr(request.user, "email", "")}


def _asked(row: Deployment, request: HttpRequest) -> dict[str, Any]:
    """Which mail is looked at: the invitation or a follow-up, and its language."""
    language = request.GET.get("language", "")
    if language not in trying.languages_of(row):
        language = row.survey.default_language
    wanted = request.GET.get("what", "")
    if not wanted:
        return {"language": language, "follow_up": None}
    found = row.follow_ups.filter(pk=wanted if wanted.isdecimal() else 0).first()
    if found is None:
        raise Http404
    return {"language": language, "follow_up": found}


def _choices(row: Deployment, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The mails and languages that there are, and which is shown."""
    rules = [None, *row.follow_ups.filter(is_active=True).order_by("after_hours")]
    return [
        {
            "label": str(rule) if rule else _("Invitation"),
            "languages": [
                {
                    "label": language_name(code),
                    "query": f"?what={rule.pk if rule else ''}&language={code}",
                    "shown": rule == asked["follow_up"] and code == asked["language"],
                }
                for code in trying.languages_of(row)
            ],
        }
        for rule in rules
    ]
