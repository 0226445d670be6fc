"""Log-ins to Salesforce orgs, and what is known of each org."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from surveys.models import survey_key_validator


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

    class OptOuts(models.TextChoices):
        FLAG = "flag", _("Email Opt Out is ticked")
        CONSENT = "consent", _("A consent record says so (OptOut)")
        BOTH = "both", _("Both")
        __empty__ = _("They are not written")

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
    # Blank: the app may be made after the connection's page has said what it needs.
    client_id = models.CharField(_("consumer key"), max_length=255, blank=True)
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
    # The secret before this one is taken until its time is over.
    hook_secret_before_hash = models.CharField(
        max_length=64, blank=True, db_index=True, editable=False
    )
    hook_secret_before_until = models.DateTimeField(
        _("the former address is taken until"), null=True, editable=False
    )
    reads_opt_outs = models.BooleanField(
        _("obey opt-outs of Salesforce"),
        default=False,
        help_text=_(
            "Whoever wants no e-mail in Salesforce is asked by no deployment: Email Opt "
            "Out of contacts and leads, Individuals, and Contact Point Type Consent. "
            "Read every ten minutes; who agrees again there is asked again."
        ),
    )
    writes_opt_outs = models.CharField(
        _("write opt-outs to Salesforce"),
        max_length=10,
        blank=True,
        choices=OptOuts.choices,
        help_text=_(
            "To the contacts and leads with the address of who unsubscribes or complains."
        ),
    )
    # Up to where each object was read: {"Contact": {"at", "id", "all"}}.
    opt_outs_read = models.JSONField(default=dict, blank=True, editable=False)
    opt_outs_due_at = models.DateTimeField(null=True, editable=False)
    opt_outs_error = models.TextField(blank=True, editable=False)
    hook_certificate = models.CharField(
        _("client certificate of Salesforce"),
        max_length=300,
        blank=True,
        help_text=_(
            "Mutual TLS: the subject or the fingerprint that the proxy in front of "
            "Tellback must have seen. Blank: none is asked for."
        ),
    )
    # What is wrong with the messages that come in, while it is.
    hook_problem = models.TextField(
        _("what is wrong with incoming messages"), blank=True, editable=False
    )
    # From the last Sforce-Limit-Info: a rolling 24 hour window.
    calls_used = models.PositiveIntegerField(_("calls used today"), null=True)
    calls_allowed = models.PositiveIntegerField(_("of"), null=True)
    # Our own, ever: what monitoring counts.
    calls_made = models.PositiveBigIntegerField(default=0, editable=False)
    records_written = models.PositiveBigIntegerField(default=0, editable=False)
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
    # When what was written is compared with what the org holds.
    reconcile_due_at = models.DateTimeField(null=True, editable=False)

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
    # What uses it: [{"kind": "mapping" | "trigger" | "export", "id", "name", "key"}].
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
