"""What was answered: one row a respondent, the answers one JSON document."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.models import Deployment, Invitation
from responses import quality
from surveys.models import Survey, SurveyVersion


def stored_name(_upload: Upload, name: str) -> str:
    """By chance, in two levels of folders, with an ending that we chose."""
    key = uuid.uuid4().hex
    return f"uploads/{key[:2]}/{key}{PurePosixPath(name).suffix}"


class ResponseQuerySet(models.QuerySet["Response"]):
    def counted(self, *, tests: bool = False) -> ResponseQuerySet:
        """Without the answers of tests, unless they are asked for as well."""
        return self if tests else self.filter(is_test=False)

    def written_back(self) -> ResponseQuerySet:
        """Those that other systems are told of."""
        return self.filter(Q(is_test=False) | Q(deployment__writes_tests=True))


class Response(models.Model):
    """One respondent's answers to one version of one survey."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Completed")
        # The survey ended early for this respondent: not one of those it asks.
        SCREENED_OUT = "screened_out", _("Screened out")
        # Only the row is left: answers and all that identifies are gone.
        ERASED = "erased", _("Erased")

    # Have a place in the dump.
    ENDED = (Status.COMPLETED, Status.SCREENED_OUT)

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Without an index of its own: those below begin with it.
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="responses", db_index=False
    )
    version = models.ForeignKey(
        SurveyVersion, on_delete=models.PROTECT, related_name="responses"
    )
    deployment = models.ForeignKey(
        Deployment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
    )
    invitation = models.OneToOneField(
        Invitation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="response",
    )
    # Set for web links, where no invitation holds the credential.
    token_hash = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        editable=False,
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.IN_PROGRESS
    )
    # Canonical answers by question key: the only truth.
    answers = models.JSONField(_("answers"), default=dict)
    # Copied from the invitation and never changed: what the response is about.
    records = models.JSONField(_("records"), default=dict, blank=True)
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=16)
    # Given to try the survey: kept out of results, and of the CRM unless asked.
    is_test = models.BooleanField(_("test"), default=False)
    # What the order by chance of this respondent comes from.
    seed = models.BigIntegerField(default=0, editable=False)
    # The key of the quota that was full, when one ended the survey.
    full_quota = models.CharField(_("full quota"), max_length=40, blank=True)
    last_page = models.CharField(_("last page"), max_length=40, blank=True)
    started_at = models.DateTimeField(_("started"))
    updated_at = models.DateTimeField(_("last answer"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    # The flags of `responses.quality`, with ; between them.
    quality = models.CharField(_("quality"), max_length=100, blank=True, default="")
    # The same for the same answers; `responses.duplicates` has compared it, or will.
    fingerprint = models.CharField(
        max_length=32, blank=True, default="", editable=False
    )
    compared = models.BooleanField(default=False, editable=False)
    # No invitation, address, record or variable was ever stored with it.
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    # When the respondent agreed to the privacy notice, where one was to be agreed to.
    consented_at = models.DateTimeField(_("agreed"), null=True, blank=True)
    # Its place in the dump, given after the commit by `responses.dump.positions`.
    position = models.BigIntegerField(null=True, editable=False)

    objects = ResponseQuerySet.as_manager()

    # Whom an anonymous response came from: never stored, for the end of one request.
    asked: Invitation | None = None

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["completed", "screened_out"],
                    completed_at__isnull=False,
                )
                | Q(status="in_progress", completed_at__isnull=True)
                | Q(status="erased"),
                name="completed_has_a_time",
            ),
            # The dump reads a survey by position. No index has positions alone: the
            # database would go through what all other surveys were answered since.
            models.UniqueConstraint(
                fields=["survey", "position"], name="response_has_its_place"
            ),
        ]
        indexes = [
            models.Index(fields=["survey", "status", "completed_at"]),
            # The API lists a survey's newest first, of any status or of one.
            models.Index(fields=["survey", "id", "status"], name="response_newest"),
            # And by date, of a survey or of all.
            models.Index(
                fields=["survey", "completed_at", "id"], name="response_of_survey_ended"
            ),
            models.Index(fields=["completed_at", "id"], name="response_ended"),
            # responses.dump.positions looks for what has none yet.
            models.Index(
                fields=["completed_at", "id"],
                condition=Q(status__in=["completed", "screened_out"], position=None),
                name="response_without_position",
            ),
            # responses.duplicates looks for what is new, and for what is alike.
            models.Index(
                fields=["id"],
                condition=Q(status="completed", compared=False),
                name="response_not_compared",
            ),
            models.Index(
                fields=["survey", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="response_alike",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_stored(self) -> bool:
        """False: begun in memory, and nothing of it kept yet."""
        return not self._state.adding

    @property
    def is_written_back(self) -> bool:
        if not self.is_test:
            return True
        return self.deployment is not None and self.deployment.writes_tests

    @property
    def flags(self) -> tuple[str, ...]:
        """What `responses.quality` found, one by one."""
        return quality.split(self.quality)


class Upload(models.Model):
    """A file that a respondent sent, stored under a name that nobody can guess."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, related_name="uploads"
    )
    question = models.CharField(_("question"), max_length=40)
    # The name that it was sent with: shown, and never used as a path.
    name = models.CharField(_("name"), max_length=255)
    media_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    file = models.FileField(_("file"), upload_to=stored_name, max_length=100)
    created_at = models.DateTimeField(_("sent"))
    # In quarantine, and why; blank: it was let in (`responses.scanning`).
    held = models.CharField(_("held"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes = [models.Index(fields=["response", "question"])]

    def __str__(self) -> str:
        return self.name


class QuotaCount(models.Model):
    """How many completed responses a quota has; changed by conditional update."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(_("key"), max_length=40)
    count = models.PositiveIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("quota count")
        verbose_name_plural = _("quota counts")
        constraints = [
            models.UniqueConstraint(fields=["survey", "key"], name="quota_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class AnsweredOnce(models.Model):
    """Who has answered where one response per person is taken; told by a hash."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="+"
    )
    person = models.CharField(_("person"), max_length=64)

    class Meta:
        verbose_name = _("person who answered")
        verbose_name_plural = _("persons who answered")
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "person"], name="person_answered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deployment_id}: {self.person[:8]}"


class Change(models.Model):
    """What happened to a response after it was completed, for those who copied it."""

    class Kind(models.TextChoices):
        ERASED = "erased", _("Erased")
        EDITED = "edited", _("Edited")
        REOPENED = "reopened", _("Reopened")
        DELETED = "deleted", _("Deleted")

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # No foreign key: the news outlives the row.
    response_key = models.UUIDField()
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    # From the same counter as the positions of responses.
    position = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("change of a response")
        verbose_name_plural = _("changes of responses")
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "position"], name="change_has_its_place"
            )
        ]
        indexes = [
            models.Index(
                fields=["at", "id"],
                condition=Q(position=None),
                name="change_without_position",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response_key} {self.kind}"


class PositionCounter(models.Model):
    """The last position given; whoever gives positions holds this one row."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
