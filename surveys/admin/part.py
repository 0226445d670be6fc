"""What the admins of pages and questions share: both are parts of a survey."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from surveys import history
from surveys.admin.meeting import MeetingAdmin
from surveys.admin.outline import edit_url
from surveys.models import Level, Page, Question, Survey
from surveys.sharing import may


class PartAdmin(MeetingAdmin):
    """Reached from the survey's outline, and leads back to it."""

    # Which row a new part belongs to, as a parameter of the add page.
    parent = ""

    def name_of(self, part: Any) -> str:
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self._may_put_there(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and self._may_put_there(request)

    def _may_put_there(self, request: HttpRequest) -> bool:
        survey = self._survey_asked_for(request)
        return survey is None or may(request.user, survey, Level.EDIT)

    def _survey_asked_for(self, request: HttpRequest) -> Survey | None:
        """The survey that a new part is for, as form or address name its parent."""
        number = str(request.POST.get(self.parent) or request.GET.get(self.parent, ""))
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        if self.parent == "survey":
            return Survey.objects.filter(pk=number).first()
        page = Page.objects.select_related("survey").filter(pk=number).first()
        return page.survey if page else None

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Left out of the index: a survey's outline lists its parts."""
        return {}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect(reverse("admin:surveys_survey_changelist"))

    def save_model(
        self, request: HttpRequest, obj: Page | Question, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        self.survey_of(obj).save(update_fields=["updated_at"])

    def delete_model(self, request: HttpRequest, obj: Page | Question) -> None:
        survey = self.survey_of(obj)
        # Where the way leads when the part is gone.
        request.survey_url = edit_url(survey)  # type: ignore[attr-defined]
        super().delete_model(request, obj)
        survey.save(update_fields=["updated_at"])

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._tell(request, obj, _("%(what)s “%(key)s” added."))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_change(request, obj, message)
        told = entry.get_change_message().replace("%", "%%")
        self._tell(request, obj, _("%(what)s “%(key)s” changed.") + f" {told}")
        return entry

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for part in queryset:
            self._tell(request, part, _("%(what)s “%(key)s” deleted."))
        return super().log_deletions(request, queryset)

    def _tell(self, request: HttpRequest, part: Any, message: str) -> None:
        """A survey's history tells what was done to its parts, gone ones too."""
        what = str(self.opts.verbose_name).capitalize()
        user = cast(AbstractBaseUser, request.user)
        told = message % {"what": what, "key": part.key}
        history.tell(user, self.survey_of(part), told)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        return self._another(request, obj, response)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._another(request, obj, super().response_change(request, obj))

    def _another(
        self, request: HttpRequest, obj: Any, response: HttpResponse
    ) -> HttpResponse:
        """“Save and add another” stays with the same parent."""
        if "_addanother" in request.POST:
            address = reverse(f"admin:surveys_{self.opts.model_name}_add")
            parent = getattr(obj, f"{self.parent}_id")
            return redirect(f"{address}?{self.parent}={parent}")
        return response

    def response_post_save_add(
        self, request: HttpRequest, obj: Any
    ) -> HttpResponseRedirect:
        return redirect(f"{edit_url(self.survey_of(obj))}#outline")

    def response_post_save_change(
        self, request: HttpRequest, obj: Any
    ) -> HttpResponseRedirect:
        return redirect(f"{edit_url(self.survey_of(obj))}#outline")

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        url = getattr(request, "survey_url", None)
        return redirect(url) if url else response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        survey = form.about
        context |= {
            "survey": survey,
            "survey_url": edit_url(survey) if survey else "",
            "subtitle": self.name_of(form.instance) if form.instance.pk else None,
        }
        return super().render_change_form(request, context, *args, **kwargs)
