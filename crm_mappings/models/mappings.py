"""Which answer goes to which field of which record, and every revision of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from surveys.models import Survey, key_validator, survey_key_validator


class Mapping(models.Model):
    """How a survey's answers become fields of records: the draft of the rules."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")

    class Erasure(models.TextChoices):
        KEEP = "keep", _("Keep it in Salesforce")
        CLEAR = "clear", _("Clear the fields that were written")
        DELETE = "delete", _("Delete the records that were made, clear the others")

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
    trusts_links = models.BooleanField(
        _("an open variable may choose the record"),
        default=False,
        help_text=_(
            "Whoever changes the address of a link can then choose the record that "
            "is written to. Only an administrator can allow it."
        ),
    )
    partial_after = models.PositiveIntegerField(
        _("write unfinished responses after (minutes)"),
        default=0,
        help_text=_(
            "After so long without an answer. When it goes on, the same records are "
            "written again. 0: only completed ones."
        ),
    )
    on_erasure = models.CharField(
        _("when a response is erased"),
        max_length=10,
        choices=Erasure.choices,
        default=Erasure.KEEP,
    )
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
        permissions = [
            ("trust_mapping", _("Can let an open variable choose the record")),
        ]

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

    class Duplicates(models.TextChoices):
        HOLD = "hold", _("Hold for a person")
        SAVE = "save", _("Save it all the same")

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
    duplicates = models.CharField(
        _("if a duplicate rule warns"),
        max_length=10,
        choices=Duplicates.choices,
        default=Duplicates.HOLD,
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
    note = models.CharField(_("note"), max_length=500, blank=True)
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
