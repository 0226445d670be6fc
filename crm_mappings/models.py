"""What Salesforce tells and is told: connections, mappings and the outbox."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    validate_email,
)
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from responses.models import Response
from surveys.models import Survey, key_validator, survey_key_validator


def validate_addresses(text: str) -> None:
    """Refuse a list of addresses in which one is none."""
    for address in text.split(","):
        if address.strip():
            validate_email(address.strip())


class Connection(models.Model):
    """A log-in to one Salesforce org."""

    class Login(models.TextChoices):
        CLIENT_CREDENTIALS = "client_credentials", _("Client credentials")
        WEB_SERVER = "web_server", _("A person logs in (web server flow)")
        JWT = "jwt_bearer", _("A key pair made here (JWT bearer)")

    class Status(models.TextChoices):
        NEW = "new", _("Not connected yet")
        CONNECTED = "connected", _("Connected")
        PAUSED = "paused", _("Paused: a person must act")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=100)
    login = models.CharField(
        _("kind of log-in"),
        max_length=20,
        choices=Login.choices,
        default=Login.CLIENT_CREDENTIALS,
    )
    login_url = models.CharField(
        _("log-in address"),
        max_length=255,
        help_text=_(
            "https://login.salesforce.com for production, "
            "https://test.salesforce.com for a sandbox, or your My Domain. "
            "Client credentials need the My Domain."
        ),
        default="https://login.salesforce.com",
    )
    client_id = models.CharField(_("consumer key"), max_length=255)
    client_secret = EncryptedTextField(_("consumer secret"), blank=True)
    # JWT bearer: as whom, and the key pair. Only the certificate leaves this house.
    login_username = models.CharField(
        _("user to log in as"),
        max_length=200,
        blank=True,
        help_text=_(
            "Only for the key pair: the user name in Salesforce, such as "
            "tellback@yourcompany.com."
        ),
    )
    private_key = EncryptedTextField(blank=True, editable=False)
    certificate = models.TextField(blank=True, editable=False)
    access_token = EncryptedTextField(blank=True, editable=False)
    refresh_token = EncryptedTextField(blank=True, editable=False)
    instance_url = models.CharField(_("instance"), max_length=255, blank=True)
    org_id = models.CharField(_("organisation id"), max_length=18, blank=True)
    org_name = models.CharField(_("organisation"), max_length=200, blank=True)
    is_sandbox = models.BooleanField(_("sandbox"), null=True, blank=True)
    username = models.CharField(_("user"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.NEW
    )
    problem = models.TextField(_("what is wrong"), blank=True)
    # Null while there is a problem that nobody has been told of.
    told_at = models.DateTimeField(null=True, editable=False)
    # Another organisation that answered the last log-in: refused until re-bound.
    found_org_id = models.CharField(max_length=18, blank=True, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, blank=True)
    # When the token was last replaced: a refresh token dies of 30 idle days.
    token_at = models.DateTimeField(_("last log-in"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    tell = models.CharField(
        _("tell these people"),
        max_length=500,
        blank=True,
        validators=[validate_addresses],
        help_text=_(
            "E-mail addresses, with commas between: who hears when the connection "
            "needs a person. Empty: everybody who may change connections."
        ),
    )
    stand_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stand-by"),
        help_text=_(
            "Another connection to the same organisation, with a log-in of its own. "
            "It takes over when this log-in ends."
        ),
    )
    stands_in = models.BooleanField(default=False, editable=False)
    # The secret part of the address that outbound messages are sent to.
    hook_secret = EncryptedTextField(editable=False)
    hook_secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    # What is wrong with the messages that come in, while it is.
    hook_problem = models.TextField(
        _("what is wrong with incoming messages"), blank=True, editable=False
    )
    # From the last Sforce-Limit-Info: a rolling 24 hour window.
    calls_used = models.PositiveIntegerField(_("calls used today"), null=True)
    calls_allowed = models.PositiveIntegerField(_("of"), null=True)
    usage_at = models.DateTimeField(null=True, editable=False)
    # [when, calls used] of the last hours, oldest first: what the forecast is from.
    usage_log = models.JSONField(default=list, blank=True, editable=False)
    api_share = models.PositiveSmallIntegerField(
        _("share of the daily API calls (%)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Tellback stops writing when the organisation has used this share of its "
            "calls of 24 hours, and goes on when calls are free again. Backfills stop "
            "earlier than new responses."
        ),
    )
    concurrency = models.PositiveSmallIntegerField(
        _("workers at a time"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(25)],
        help_text=_("How many workers may call this organisation at the same time."),
    )
    # Nothing is asked of the org before this: it has said so, or is down.
    not_before = models.DateTimeField(
        _("asked again from"), null=True, blank=True, editable=False
    )
    # The circuit breaker: failures in a row; after many, `not_before` moves.
    failures = models.PositiveIntegerField(default=0, editable=False)
    # When the objects are compared with what is kept of them.
    drift_due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return self.name


class ObjectDescription(models.Model):
    """What Salesforce says of one object: a describe, kept as it came."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="descriptions"
    )
    object = models.CharField(_("object"), max_length=100)
    describe = models.JSONField()
    fetched_at = models.DateTimeField(_("fetched"))
    # Salesforce's Last-Modified, as it came: what is asked for is what is newer.
    modified = models.CharField(max_length=40, blank=True, editable=False)

    class Meta:
        verbose_name = _("object description")
        verbose_name_plural = _("object descriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object"], name="described_once"
            )
        ]

    def __str__(self) -> str:
        return self.object


class SchemaChange(models.Model):
    """What became different in an org, and what of ours uses it."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="schema_changes"
    )
    found_at = models.DateTimeField(_("found"))
    object = models.CharField(_("object"), max_length=100)
    field = models.CharField(_("field"), max_length=100, blank=True)
    text = models.TextField(_("what changed"))
    # What uses it: [{"kind": "mapping" | "trigger", "id": …, "name": …}].
    touches = models.JSONField(_("what uses it"), default=list, blank=True)
    # Null: not yet in a digest.
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("change in Salesforce")
        verbose_name_plural = _("changes in Salesforce")
        indexes = [models.Index(fields=["connection", "-found_at"])]

    def __str__(self) -> str:
        return f"{self.object}.{self.field}" if self.field else self.object


class Trouble(models.Model):
    """How often a connection failed in one hour, by kind of error."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="troubles"
    )
    hour = models.DateTimeField(_("hour"))
    kind = models.CharField(_("kind of error"), max_length=20)
    count = models.PositiveIntegerField(_("how often"), default=0)

    class Meta:
        verbose_name = _("trouble")
        verbose_name_plural = _("troubles")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "hour", "kind"], name="trouble_once_an_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class Mapping(models.Model):
    """How a survey's answers become fields of records: the draft of the rules."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=200)
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="mappings"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="mappings"
    )
    condition = models.JSONField(_("only if"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    problem = models.TextField(_("what is wrong"), blank=True)
    live_revision = models.ForeignKey(
        "MappingRevision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("live revision"),
    )

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")

    def __str__(self) -> str:
        return self.name or self.key


class Step(models.Model):
    """One record to write (or only to find)."""

    class Action(models.TextChoices):
        UPDATE = "update", _("Update a record")
        CREATE = "create", _("Create a record")
        UPSERT = "upsert", _("Update, or create when there is none")
        FIND = "find", _("Only find a record, for later steps")

    class NoMatch(models.TextChoices):
        FAIL = "fail", _("Hold for a person")
        SKIP = "skip", _("Skip this step")
        CREATE = "create", _("Create it")

    class Several(models.TextChoices):
        FAIL = "fail", _("Hold for a person")
        NEWEST = "newest", _("Take the newest")
        OLDEST = "oldest", _("Take the oldest")

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(_("key"), max_length=40, validators=[key_validator])
    position = models.PositiveIntegerField(_("position"), default=0)
    action = models.CharField(
        _("action"), max_length=10, choices=Action.choices, default=Action.UPDATE
    )
    object = models.CharField(_("object"), max_length=100)
    # An ordered chain of finder documents; the first that matches wins.
    find = models.JSONField(_("found by"), default=list, blank=True)
    no_match = models.CharField(
        _("if there is none"),
        max_length=10,
        choices=NoMatch.choices,
        default=NoMatch.FAIL,
    )
    several = models.CharField(
        _("if there are several"),
        max_length=10,
        choices=Several.choices,
        default=Several.FAIL,
    )
    key_field = models.CharField(
        _("external id field for our key"),
        max_length=100,
        blank=True,
        help_text=_(
            "An external id field of the object that holds Tellback's key. With "
            "it, a repeated write can never make a second record."
        ),
    )
    condition = models.JSONField(_("only if"), null=True, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(fields=["mapping", "key"], name="step_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class FieldRule(models.Model):
    """Where the value of one field comes from."""

    class Blank(models.TextChoices):
        KEEP = "keep", _("Leave the field alone")
        CLEAR = "clear", _("Clear the field")
        DEFAULT = "default", _("Write the default")

    class Overwrite(models.TextChoices):
        ALWAYS = "always", _("Always")
        IF_BLANK = "if_blank", _("Only when the field is blank in Salesforce")

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveIntegerField(_("position"), default=0)
    field = models.CharField(_("field"), max_length=100)
    # A value-source document: {"question": "csat"}, {"constant": …}, …
    value = models.JSONField(_("value"))
    # Answer -> picklist value.
    table = models.JSONField(_("value table"), default=dict, blank=True)
    transforms = models.JSONField(_("transforms"), default=list, blank=True)
    blank = models.CharField(
        _("if the answer is blank"),
        max_length=10,
        choices=Blank.choices,
        default=Blank.KEEP,
    )
    default = models.CharField(_("default"), max_length=255, blank=True)
    overwrite = models.CharField(
        _("overwrite"),
        max_length=10,
        choices=Overwrite.choices,
        default=Overwrite.ALWAYS,
    )
    condition = models.JSONField(_("only if"), null=True, blank=True)

    class Meta:
        verbose_name = _("field rule")
        verbose_name_plural = _("field rules")
        constraints = [
            models.UniqueConstraint(
                fields=["step", "field"], name="field_written_once_a_step"
            )
        ]

    def __str__(self) -> str:
        return self.field


class MappingRevision(models.Model):
    """A mapping as it was activated: a document that never changes."""

    mapping = models.ForeignKey(
        Mapping, on_delete=models.CASCADE, related_name="revisions"
    )
    number = models.PositiveIntegerField(_("number"))
    document = models.JSONField(_("document"))
    activated_at = models.DateTimeField(_("activated"))
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("mapping revision")
        verbose_name_plural = _("mapping revisions")
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "number"], name="mapping_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mapping_id} r{self.number}"


class WriteBack(models.Model):
    """The outbox: one response that one mapping must bring to Salesforce.

    waiting → sending (leased) → written | waiting (retry) | held | skipped;
    written → undone
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        WRITTEN = "written", _("Written")
        HELD = "held", _("Held: a person must act")
        SKIPPED = "skipped", _("Skipped")
        UNDONE = "undone", _("Undone")

    class Priority(models.IntegerChoices):
        LIVE = 0, _("New response")
        BACKFILL = 1, _("Backfill")

    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="write_backs"
    )
    mapping = models.ForeignKey(
        Mapping, on_delete=models.PROTECT, related_name="write_backs"
    )
    revision = models.ForeignKey(
        MappingRevision, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # When it may be tried (again); while sending: when the lease ends.
    due_at = models.DateTimeField(_("next attempt"))
    lease_token = models.UUIDField(null=True, editable=False)
    # Salesforce's code (or ours) and words of the last failure or skip.
    error_class = models.CharField(_("kind of error"), max_length=20, blank=True)
    error_code = models.CharField(_("error code"), max_length=100, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # The rule that wrote the refused field: {"step": …, "field": …}.
    rule = models.JSONField(_("rule"), null=True, blank=True)
    # True from just before a request that may have been applied until its answer.
    outcome_unknown = models.BooleanField(_("outcome unknown"), default=False)
    # Step -> values before: kept before a write, so that a repeated write cannot
    # take our own values for what was there.
    before = models.JSONField(default=dict, blank=True, editable=False)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.LIVE
    )
    # The backfill that put it in, if one did.
    backfill = models.ForeignKey(
        "Backfill",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="write_backs",
        verbose_name=_("backfill"),
    )
    # The bulk job that carries it, while it is being sent by one.
    bulk_job = models.ForeignKey(
        "BulkJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="write_backs",
        editable=False,
    )
    # Step -> the record that a person has chosen for it.
    choices = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("write-back")
        verbose_name_plural = _("write-backs")
        constraints = [
            models.UniqueConstraint(fields=["response", "mapping"], name="written_once")
        ]
        indexes = [
            # crm_mappings.delivery claims due rows: new responses before backfills,
            # each oldest first.
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="write_back_claimed",
            ),
            models.Index(fields=["state", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.response_id} → {self.mapping_id}"


class WrittenRecord(models.Model):
    """A record that a write-back wrote, with what was there before."""

    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="records"
    )
    step = models.CharField(_("step"), max_length=40)
    object = models.CharField(_("object"), max_length=100)
    record_id = models.CharField(_("record"), max_length=18)
    created = models.BooleanField(_("created"))
    fields = models.JSONField(_("fields written"), default=dict)
    previous = models.JSONField(_("values before"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"))
    undone_at = models.DateTimeField(_("put back"), null=True, blank=True)

    class Meta:
        verbose_name = _("written record")
        verbose_name_plural = _("written records")
        constraints = [
            models.UniqueConstraint(
                fields=["write_back", "step", "record_id"], name="record_kept_once"
            )
        ]
        indexes = [
            # Who else wrote this record?
            models.Index(fields=["record_id"], name="written_record_id"),
            # What was written in these days?
            models.Index(fields=["written_at"], name="written_record_at"),
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id}"


class Attempt(models.Model):
    """The activity log: one try to deliver one write-back."""

    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="log"
    )
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=20)
    error_code = models.CharField(_("error code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    # What was sent and what came back, without the words of the answers.
    exchange = models.JSONField(_("request and answer"), default=list, blank=True)
    request_id = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.write_back_id} #{self.number}: {self.outcome}"


class RecordTurn(models.Model):
    """Whose turn it is to write a record that several responses are about.

    There only while somebody writes it, or until the lease of who died ends.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+"
    )
    object = models.CharField(max_length=100)
    # The record's id, or a hash of the key that it is to get.
    record = models.CharField(max_length=64)
    lease_token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("turn at a record")
        verbose_name_plural = _("turns at records")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object", "record"], name="one_turn_at_a_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record}"


class Backfill(models.Model):
    """A mapping carried out over responses that were completed before it."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")

    mapping = models.ForeignKey(
        Mapping, on_delete=models.PROTECT, related_name="backfills"
    )
    since = models.DateTimeField(_("completed from"), null=True, blank=True)
    until = models.DateTimeField(_("completed before"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.RUNNING
    )
    total = models.PositiveIntegerField(_("responses"), default=0)
    # The last response that was put into the outbox, by its id.
    position = models.BigIntegerField(default=0, editable=False)
    # Every response has been put into the outbox.
    complete = models.BooleanField(_("all in the outbox"), default=False)
    created_at = models.DateTimeField(_("started"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("backfill")
        verbose_name_plural = _("backfills")

    def __str__(self) -> str:
        return f"{self.mapping} ({self.total})"


class BulkJob(models.Model):
    """One job of the Bulk API: rows that are out of our hands until it ends."""

    class Status(models.TextChoices):
        # Made at the org, perhaps not filled: nothing of it has been carried out.
        OPEN = "open", _("Open")
        WORKING = "working", _("At work")
        DONE = "done", _("Done")

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="bulk_jobs"
    )
    job_id = models.CharField(_("job"), max_length=18, unique=True)
    object = models.CharField(_("object"), max_length=100)
    operation = models.CharField(_("operation"), max_length=10)
    # The column by which a result is told to belong to a row.
    key_field = models.CharField(_("key"), max_length=100)
    # The key -> [[write-back, step, fields, values before, is our own key], …].
    entries = models.JSONField(default=dict, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    lease_token = models.UUIDField(editable=False)
    asked_at = models.DateTimeField(_("asked next"))
    created_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")

    def __str__(self) -> str:
        return self.job_id


class RememberedMatch(models.Model):
    """A person's answer to the question which record a value means."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="remembered_matches"
    )
    object = models.CharField(_("object"), max_length=100)
    field = models.CharField(_("field"), max_length=100)
    # In lower case, as Salesforce compares.
    value = models.CharField(_("value"), max_length=255)
    record_id = models.CharField(_("record"), max_length=18)
    chosen_at = models.DateTimeField(_("chosen"))
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chosen by"),
    )

    class Meta:
        verbose_name = _("remembered match")
        verbose_name_plural = _("remembered matches")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object", "field", "value"],
                name="one_match_remembered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.object}.{self.field} = {self.value}"


class Watch(models.Model):
    """Who is told when write-backs stand still, and of what they were told."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    emails = models.TextField(
        _("e-mail addresses"), blank=True, help_text=_("One address a line.")
    )
    webhook_url = models.URLField(
        _("webhook"),
        blank=True,
        help_text=_("An https address that gets each alert as a JSON document."),
    )
    webhook_secret = EncryptedTextField(
        _("webhook secret"),
        blank=True,
        help_text=_("Signs each alert (HMAC-SHA256 in the header Tellback-Signature)."),
    )
    backlog_minutes = models.PositiveIntegerField(
        _("tell when a write-back has waited for (minutes)"), default=30
    )
    quiet_hours = models.PositiveIntegerField(
        _("tell when no response has come for (hours)"),
        default=0,
        help_text=_("0: never."),
    )
    active = models.BooleanField(_("active"), default=True)
    # What has been told and is not over yet: alert key -> when.
    told = models.JSONField(default=dict, blank=True, editable=False)
    problem = models.TextField(_("what is wrong"), blank=True, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return self.name


class Reconciliation(models.Model):
    """What we say we wrote, compared with what the org holds."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="reconciliations"
    )
    since = models.DateTimeField(_("written from"))
    until = models.DateTimeField(_("written before"))
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    checked = models.PositiveIntegerField(_("records compared"), default=0)
    missing = models.PositiveIntegerField(_("missing"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    duplicate = models.PositiveIntegerField(_("duplicate"), default=0)
    # The first of them: {"kind", "write_back", "object", "record_id", "fields"}.
    findings = models.JSONField(default=list, blank=True, editable=False)
    problem = models.TextField(_("what is wrong"), blank=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")

    def __str__(self) -> str:
        return f"{self.connection} {self.since:%Y-%m-%d}"
