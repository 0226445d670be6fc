"""What is asked, as rows: a survey's draft (pages, questions, choices) that the
admin edits, and the published versions that respondents and mappings read."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.definition import Kind

key_validator = RegexValidator(
    r"^[a-z][a-z0-9_]{0,39}\Z",
    _(
        "Use up to 40 lower-case letters, digits and underscores, "
        "starting with a letter."
    ),
)
survey_key_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9-]{0,49}\Z",
    _("Use up to 50 lower-case letters, digits and hyphens."),
)


class Level(models.TextChoices):
    """How much of a survey is allowed; each holds those before it."""

    NONE = "none", _("nothing")
    SEE = "see", _("see it and its results")
    EDIT = "edit", _("edit its draft too")
    PUBLISH = "publish", _("publish and close it too")


class Theme(models.Model):
    """How surveys look; `surveys.themes` reads the document."""

    LONGEST_NAME = 200

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    # The look but for its logo, see `surveys.themes.look`.
    document = models.JSONField(_("look"), default=dict, blank=True)
    # A data address: part of the documents that a set-up is kept as.
    logo = models.TextField(_("logo"), blank=True)
    # Of all of it: the address of its files changes when they do.
    fingerprint = models.CharField(max_length=16, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")

    def __str__(self) -> str:
        return self.name


class Survey(models.Model):
    """The draft of a survey; what respondents see is a `SurveyVersion`."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        CLOSED = "closed", _("Closed")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    # Texts: language code -> text, as in the survey document.
    title = models.JSONField(_("title"), default=dict)
    thanks = models.JSONField(_("closing text"), default=dict, blank=True)
    screened_out = models.JSONField(
        _("closing text when screened out"), default=dict, blank=True
    )
    default_language = models.CharField(_("language"), max_length=16, default="en")
    # A list of documents with key, label and open.
    variables = models.JSONField(_("variables"), default=list, blank=True)
    # A list of documents with key, limit, if, when_full and text.
    quotas = models.JSONField(_("quotas"), default=list, blank=True)
    # Not of the version: a new look is seen at once, wherever a respondent is.
    theme = models.ForeignKey(
        Theme,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="surveys",
        verbose_name=_("theme"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    live_version = models.ForeignKey(
        "SurveyVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("live version"),
    )
    # The ready-made survey that it began as.
    origin = models.CharField(max_length=40, blank=True, editable=False)
    # Who may what with it, see `surveys.sharing`; without an owner, as its role says.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    everyone = models.CharField(
        _("everybody may"),
        max_length=10,
        choices=Level.choices,
        default=Level.PUBLISH,
        help_text=_(
            "As far as their role allows: an analyst edits nothing. The owner and who "
            "oversees all surveys may everything."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        permissions = [
            ("oversee_survey", "Can work on every survey, whoever it is shared with")
        ]

    def __str__(self) -> str:
        title = self.title or {}
        return title.get(self.default_language) or next(iter(title.values()), self.key)


class SurveyShare(models.Model):
    """What one person, or one group, may do with a survey beyond what everybody may."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    group = models.ForeignKey(
        "auth.Group",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
    )
    level = models.CharField(
        _("may"),
        max_length=10,
        choices=[one for one in Level.choices if one[0] != Level.NONE],
        default=Level.SEE,
    )

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shared with")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(group__isnull=True),
                name="share_is_with_one",
                violation_error_message=_("Choose a person or a group."),
            ),
            models.UniqueConstraint(
                fields=["survey", "user"], name="shared_with_a_person_once"
            ),
            models.UniqueConstraint(
                fields=["survey", "group"], name="shared_with_a_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.group}: {self.get_level_display()}"


class Page(models.Model):
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="pages")
    key = models.CharField(_("key"), max_length=40, validators=[key_validator])
    position = models.PositiveIntegerField(_("position"), default=0)
    title = models.JSONField(_("title"), default=dict, blank=True)
    # A condition document of the rule language, or null: always shown.
    show_if = models.JSONField(_("show only if"), null=True, blank=True)
    random = models.BooleanField(_("questions in random order"), default=False)
    # See `surveys.definition.blocks`.
    place = models.CharField(
        _("its own place"),
        max_length=10,
        default="fixed",
        choices=[
            ("fixed", _("as in the list of pages")),
            ("random", _("by chance, among neighbours that say so too")),
            ("follows", _("behind the page before it: both are one block")),
        ],
    )
    # A list of documents: if, then one of go_to, end and screen_out, and a text.
    next = models.JSONField(_("where it goes on"), default=list, blank=True)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(fields=["survey", "key"], name="page_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.key}"


class Question(models.Model):
    KINDS = [
        (Kind.NPS.value, _("NPS (0 to 10)")),
        (Kind.RATING.value, _("Rating")),
        (Kind.SINGLE_CHOICE.value, _("Single choice")),
        (Kind.MULTIPLE_CHOICE.value, _("Multiple choice")),
        (Kind.MATRIX.value, _("Matrix (one choice a row)")),
        (Kind.RANKING.value, _("Ranking")),
        (Kind.SHORT_TEXT.value, _("Short text")),
        (Kind.LONG_TEXT.value, _("Long text")),
        (Kind.NUMBER.value, _("Number")),
        (Kind.SLIDER.value, _("Slider")),
        (Kind.EMAIL.value, _("E-mail address")),
        (Kind.PHONE.value, _("Phone number")),
        (Kind.URL.value, _("Web address")),
        (Kind.DATE.value, _("Date")),
        (Kind.TIME.value, _("Time")),
        (Kind.DATETIME.value, _("Date and time")),
        (Kind.CONTACT.value, _("Contact (several lines)")),
        (Kind.CONSENT.value, _("Consent")),
        (Kind.FILE.value, _("File")),
        (Kind.STATEMENT.value, _("Statement (no answer)")),
    ]

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="questions")
    key = models.CharField(_("key"), max_length=40, validators=[key_validator])
    position = models.PositiveIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=KINDS)
    text = models.JSONField(_("text"), default=dict)
    help = models.JSONField(_("help text"), default=dict, blank=True)
    required = models.BooleanField(_("required"), default=False)
    # Options of the kind, see `surveys.definition.kinds.OPTIONS`.
    options = models.JSONField(_("options"), default=dict, blank=True)
    show_if = models.JSONField(_("show only if"), null=True, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        constraints = [
            models.UniqueConstraint(fields=["page", "key"], name="question_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class StoredPicture(models.Model):
    """A picture that choices are shown by: the draft's, and those of every version.

    Its name comes of its content, so it never changes; `surveys.picture_store` keeps it.
    """

    name = models.CharField(max_length=40, primary_key=True)
    data = models.BinaryField()

    class Meta:
        # Nobody works on it by itself: it comes and stays with a choice.
        default_permissions = ()
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.name


class Choice(models.Model):
    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="choices"
    )
    key = models.CharField(_("key"), max_length=40, validators=[key_validator])
    position = models.PositiveIntegerField(_("position"), default=0)
    label = models.JSONField(_("label"), default=dict)
    score = models.FloatField(_("score"), null=True, blank=True)
    exclusive = models.BooleanField(_("stands alone"), default=False)
    picture = models.ForeignKey(
        StoredPicture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
    )

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        constraints = [
            models.UniqueConstraint(fields=["question", "key"], name="choice_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class SurveyVersion(models.Model):
    """A published survey: a document that never changes."""

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("survey version")
        verbose_name_plural = _("survey versions")
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "number"], name="survey_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} v{self.number}"
