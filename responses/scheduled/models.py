"""What is dumped where and when, and what became of each run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from deployments.models.deployments import check_time_zone
from deployments.rules.windows import zone_of
from responses.models import Response
from responses.scheduled import timing
from surveys.models import Survey, survey_key_validator

# One step of a path: nothing that leads up, out, or hides.
STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def check_folder(path: str) -> None:
    if not all(STEP.fullmatch(step) for step in path.split("/")):
        raise ValidationError(
            _("Name folders by letters, digits, . _ and -, with / between them.")
        )


def check_bucket(name: str) -> None:
    if not BUCKET.fullmatch(name):
        raise ValidationError(_("This is no name of a bucket."))


def check_columns(text: str) -> None:
    if len(text.split(",")) > 500:
        raise ValidationError(_("Name 500 columns at most."))


class ScheduledDump(models.Model):
    """Responses of one survey that are put somewhere at set times."""

    class Place(models.TextChoices):
        FOLDER = "folder", _("A folder on the server")
        SFTP = "sftp", _("An SFTP server")
        S3 = "s3", _("S3-compatible storage")

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        NDJSON = "ndjson", _("NDJSON (one JSON document a line)")
        PARQUET = "parquet", _("Parquet")

    class Every(models.TextChoices):
        HAND = "hand", _("Only when asked")
        HOURLY = timing.HOURLY, _("Every hour")
        DAILY = timing.DAILY, _("Every day")
        WEEKLY = timing.WEEKLY, _("Every week")
        MONTHLY = timing.MONTHLY, _("On the first of each month")

    class Reach(models.TextChoices):
        NEW = "new", _("What is new since the dump before")
        ALL = "all", _("Everything, each time")

    class Weekday(models.IntegerChoices):
        MONDAY = 1, _("Monday")
        TUESDAY = 2, _("Tuesday")
        WEDNESDAY = 3, _("Wednesday")
        THURSDAY = 4, _("Thursday")
        FRIDAY = 5, _("Friday")
        SATURDAY = 6, _("Saturday")
        SUNDAY = 7, _("Sunday")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=100)
    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, related_name="+", verbose_name=_("survey")
    )
    is_active = models.BooleanField(_("on"), default=True)

    # ---------------------------------------------------------------- what
    reach = models.CharField(
        _("what"), max_length=3, choices=Reach.choices, default=Reach.NEW
    )
    changes = models.BooleanField(
        _("with changes"),
        default=True,
        help_text=_(
            "With a line for each response that was erased, edited, reopened or "
            "deleted, so that a copy can follow."
        ),
    )
    statuses = models.CharField(
        _("which responses"),
        max_length=12,
        choices=[
            ("completed", _("Completed")),
            ("screened_out", _("Screened out")),
            ("all", _("Both")),
        ],
        default="completed",
    )
    tests = models.BooleanField(_("tests as well"), default=False)
    columns = models.TextField(
        _("columns"),
        blank=True,
        validators=[check_columns],
        help_text=_(
            "With commas between them, such as key,email,answer.csat; empty: all. "
            "“answers” and “variables” are all of them."
        ),
    )
    # ----------------------------------------------------------------- how
    format = models.CharField(
        _("format"), max_length=7, choices=Format.choices, default=Format.CSV
    )
    compressed = models.BooleanField(
        _("compressed (gzip)"),
        default=False,
        help_text=_("Parquet is compressed in any case."),
    )
    bom = models.BooleanField(
        _("byte order mark"), default=False, help_text=_("CSV: for Excel.")
    )
    labels = models.BooleanField(
        _("in words"),
        default=False,
        help_text=_("Choices in words, not keys; in CSV the questions as well."),
    )
    language = models.CharField(_("language of the words"), max_length=16, blank=True)
    # --------------------------------------------------------------- where
    place = models.CharField(
        _("where to"), max_length=6, choices=Place.choices, default=Place.FOLDER
    )
    folder = models.CharField(
        _("folder"),
        max_length=200,
        blank=True,
        validators=[check_folder],
        help_text=_(
            "Below the folder that the server keeps for dumps, the start of the SFTP "
            "account or the bucket. Empty: right there."
        ),
    )
    address = models.CharField(
        _("address"),
        max_length=255,
        blank=True,
        help_text=_(
            "SFTP: host or host:port. S3: such as https://s3.example.com; empty: "
            "Amazon's own."
        ),
    )
    bucket = models.CharField(
        _("bucket"), max_length=63, blank=True, validators=[check_bucket]
    )
    region = models.CharField(
        _("region"),
        max_length=40,
        blank=True,
        validators=[survey_key_validator],
        help_text=_("S3: such as eu-central-1."),
    )
    user = models.CharField(
        _("user"),
        max_length=128,
        blank=True,
        help_text=_("SFTP: the name to log in with. S3: the access key id."),
    )
    secret = EncryptedTextField(_("secret"), blank=True, editable=False)
    host_key = models.TextField(
        _("key of the server"),
        blank=True,
        help_text=_(
            "SFTP: such as “ssh-ed25519 AAAA…”. Leave it empty and try the place: it "
            "says which key the server shows, for you to compare."
        ),
    )
    # ---------------------------------------------------------------- when
    every = models.CharField(
        _("when"), max_length=7, choices=Every.choices, default=Every.DAILY
    )
    at = models.TimeField(
        _("at"), default=time(3, 0), help_text=_("Every hour: the minute alone counts.")
    )
    weekday = models.PositiveSmallIntegerField(
        _("on"),
        choices=Weekday.choices,
        default=Weekday.MONDAY,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[check_time_zone]
    )
    keep = models.PositiveIntegerField(
        _("keep"),
        default=0,
        validators=[MaxValueValidator(10_000)],
        help_text=_("So many dumps; older ones are deleted there. 0: all of them."),
    )

    # It sees what this person may see; None: a system, or the command line.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    # False: nobody in particular, and no check of what they may see.
    made_by_person = models.BooleanField(default=False, editable=False)
    next_at = models.DateTimeField(_("next"), null=True, editable=False)
    problem = models.TextField(_("what is wrong"), blank=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("scheduled dump")
        verbose_name_plural = _("scheduled dumps")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What belongs together; the places look closer when they are opened."""
        if problems := dict(self._missing()):
            raise ValidationError(problems)

    def _missing(self) -> Iterator[tuple[str, str]]:
        needed = gettext("This is needed here.")
        if self.place == self.Place.SFTP:
            names: tuple[str, ...] = ("address", "user")
        elif self.place == self.Place.S3:
            names = ("bucket", "user")
        else:
            names = ()
        for name in names:
            if not getattr(self, name):
                yield name, needed

    def moment_after(self, now: datetime) -> datetime | None:
        if not self.is_active:
            return None
        zone = zone_of(self.time_zone) or zone_of("UTC")
        assert zone is not None  # noqa: S101 - UTC is everywhere
        return timing.next_moment(
            every=self.every,
            at=self.at,
            weekday=self.weekday,
            zone=zone,
            after=now,
        )

    @property
    def wanted_statuses(self) -> tuple[str, ...]:
        ended = tuple(str(status) for status in Response.ENDED)
        return ended if self.statuses == "all" else (self.statuses,)

    @property
    def wanted_columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (name.strip() for name in self.columns.split(","))))

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        gz = self.compressed and self.format != self.Format.PARQUET
        return f"{self.format}.gz" if gz else str(self.format)


class DumpRun(models.Model):
    """One dump: where it began, how far it is, and what lies there."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Given up")

    OPEN = (State.WAITING, State.RUNNING)

    dump = models.ForeignKey(
        ScheduledDump,
        on_delete=models.CASCADE,
        related_name="runs",
        verbose_name=_("scheduled dump"),
    )
    state = models.CharField(
        _("state"), max_length=7, choices=State.choices, default=State.WAITING
    )
    asked_by = models.CharField(_("asked by"), max_length=150, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    started_at = models.DateTimeField(_("begun"), null=True)
    finished_at = models.DateTimeField(_("ended"), null=True)
    # Positions: it tells what comes after the first, up to and with the second.
    after = models.BigIntegerField(default=0)
    until = models.BigIntegerField(null=True)
    # As far as its finished parts reach.
    reached = models.BigIntegerField(default=0)
    # Each as `parts.told` says it.
    parts = models.JSONField(_("files"), default=list)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    # Where it lies, below the dump's folder.
    name = models.CharField(_("folder"), max_length=150, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    # When it is tried next; while it runs: when somebody else may go on.
    due_at = models.DateTimeField(_("next try"))
    lease_token = models.UUIDField(null=True, editable=False)
    problem = models.TextField(_("what is wrong"), blank=True)
    # Its files were deleted there: there are enough newer ones.
    removed_at = models.DateTimeField(_("deleted there"), null=True)

    class Meta:
        verbose_name = _("run of a dump")
        verbose_name_plural = _("runs of dumps")
        constraints = [
            models.UniqueConstraint(
                fields=["dump"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_run_of_a_dump",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="dump_run_claimed",
            ),
            models.Index(fields=["dump", "-id"], name="dump_run_log"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.dump_id}: {self.asked_at:%Y-%m-%d %H:%M}"
