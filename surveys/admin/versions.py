"""The screens of versions: what publishing changes, what was published, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys import comparing, drafting, publishing, uses
from surveys.admin import differences, outline, reading
from surveys.admin.screens import SurveyScreens
from surveys.admin.texts import language_name
from surveys.definition import DefinitionError
from surveys.models import Survey, SurveyVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What publishing does to what is there already."""

    # Uses that must be confirmed: their questions are gone.
    lost: list[uses.Use]
    # Uses of choices that are gone: they never match again.
    idle: list[uses.Use]
    unfinished: int
    # Questions whose column stays in exports, with no more answers.
    kept_columns: tuple[str, ...]
    new_columns: tuple[str, ...]
    # Choices that nobody can choose any more, each with its question.
    gone_choices: tuple[str, ...]

    @property
    def must_confirm(self) -> list[str]:
        return sorted({use.question for use in self.lost})


def consequences(survey: Survey, difference: comparing.Difference) -> Consequences:
    live = uses.uses_of(survey)
    removed = set(difference.removed_questions)
    choices = set(difference.removed_choices)
    return Consequences(
        lost=[use for use in live if use.question in removed],
        idle=[use for use in live if (use.question, use.choice) in choices],
        unfinished=sum(uses.unfinished_of(survey).values()),
        kept_columns=difference.removed_questions,
        gone_choices=tuple(
            f"{question} › {choice}" for question, choice in difference.removed_choices
        ),
        new_columns=difference.keys(comparing.Act.ADDED, comparing.What.QUESTION),
    )


class VersionScreens(SurveyScreens):
    def version_urls(self) -> list[URLPattern]:
        return [
            self.screen("publish", require_POST(self.publish_view), "publish"),
            self.screen("changes", require_safe(self.changes_view), "changes"),
            self.screen("versions", require_safe(self.versions_view), "versions"),
            self.screen(
                "versions/<int:number>", require_safe(self.version_view), "version"
            ),
            self.screen(
                "versions/<int:number>/restore",
                require_POST(self.restore_view),
                "restore",
            ),
        ]

    def publish_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.publishable(request, survey_id)
        try:
            version = publishing.publish(
                survey=survey,
                now=timezone.now(),
                user=cast(AbstractBaseUser, request.user),
                confirmed=request.POST.getlist("confirmed"),
            )
        except DefinitionError as error:
            return self._obstacles(request, survey, error)
        except publishing.QuestionsInUse:
            return self._changes(request, survey, status=409)
        except publishing.PublishingError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(
                request,
                _("Version %(number)s is live.") % {"number": version.number},
                messages.SUCCESS,
            )
        return redirect(outline.edit_url(survey))

    def changes_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        """Show what publishing would change, and for whom."""
        survey = self.visible(request, survey_id)
        if survey.live_version is None:
            return redirect(outline.edit_url(survey))
        return self._changes(request, survey)

    def _changes(
        self, request: HttpRequest, survey: Survey, *, status: int = 200
    ) -> HttpResponse:
        live = cast(SurveyVersion, survey.live_version).definition
        draft = drafting.canonical_draft(survey)
        difference = comparing.compare(live, draft)
        return self.page(
            request,
            survey,
            "changes",
            _("What publishing changes"),
            status=status,
            changes=differences.shown(difference, live, draft),
            effect=consequences(survey, difference),
            refused=status != 200,
        )

    def versions_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.visible(request, survey_id)
        unfinished = uses.unfinished_of(survey)
        versions = survey.versions.select_related("published_by").order_by("-number")
        rows = [
            {
                "number": version.number,
                "published_at": version.published_at,
                "published_by": version.published_by,
                "live": version.pk == survey.live_version_id,
                "unfinished": unfinished.get(version.pk, 0),
            }
            for version in versions.defer("definition")
        ]
        return self.page(request, survey, "versions", _("Versions"), rows=rows)

    def version_view(
        self, request: HttpRequest, survey_id: int, number: int
    ) -> HttpResponse:
        """Show a version as it was published, and what restoring it would change."""
        survey = self.visible(request, survey_id)
        version = get_object_or_404(survey.versions, number=number)
        draft, document = drafting.canonical_draft(survey), version.definition
        difference = comparing.compare(draft, {**document, "key": survey.key})
        language = request.GET.get("language", "")
        shown = reading.read(document, language)
        return self.page(
            request,
            survey,
            "version",
            _("Version %(number)s") % {"number": version.number},
            version=version,
            shown=shown,
            spoken=[(code, language_name(code)) for code in shown.languages],
            changes=differences.shown(difference, draft, document),
        )

    def restore_view(
        self, request: HttpRequest, survey_id: int, number: int
    ) -> HttpResponse:
        survey = self.changeable(request, survey_id)
        version = get_object_or_404(survey.versions, number=number)
        user = cast(AbstractBaseUser, request.user)
        drafting.restore(version=version, user=user)
        self.message_user(
            request,
            _("The draft now says what version %(number)s said. Nothing is live yet.")
            % {"number": number},
            messages.SUCCESS,
        )
        return redirect(outline.edit_url(survey))

    def _obstacles(
        self, request: HttpRequest, survey: Survey, error: DefinitionError
    ) -> HttpResponse:
        return self.page(
            request,
            survey,
            "obstacles",
            _("Not published yet"),
            status=400,
            obstacles=outline.obstacles(survey, error.problems),
        )
