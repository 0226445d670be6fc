"""Owns the proof that what a rule can give fits a field, or what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from crm_mappings.plan.convert import CONVERTERS, as_text, not_a_file, shown, written
from crm_mappings.plan.ids import LONG
from crm_mappings.plan.ranges import AnyText, Domain, FileId, Finite, RecordId
from crm_mappings.plan.schema import FieldSchema
from crm_mappings.plan.sources import FromStep, FromTemplate
from crm_mappings.plan.specs import Blank, FieldSpec
from crm_mappings.plan.values import KEEP, ValueProblem, carried
from surveys.wording import gettext as _
from surveys.wording import gettext_noop, whole

Grade: TypeAlias = Literal["will_fail", "may_fail", "fine", "note"]

TEXTS: Final = frozenset(
    {"string", "textarea", "phone", "url", "combobox", "encryptedstring", "email"}
)
PICKLISTS: Final = frozenset({"picklist", "multipicklist"})
NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
# The most that a character can grow to in rich text: & is written &amp;.
HTML_GROWTH: Final = 5
NAMED: Final = 8
# A body of JSON holds 50 MB, and a file grows by a third in it.
LARGEST_SENT: Final = 35
FILE_ID: Final = 36

HINTS: Final[Mapping[str, str]] = {
    "too_long": gettext_noop("Add the transform “truncate”, or choose a longer field."),
    "out_of_range": gettext_noop("Choose a field with more digits before the point."),
    "not_a_number": gettext_noop("Choose a text field, or another value for this one."),
    "not_a_date": gettext_noop("Choose a text field, or a value that is a date."),
    "not_a_time": gettext_noop("Choose a text field, or a value that is a time."),
    "not_true_or_false": gettext_noop(
        "Choose another field, or lead to true and false by the value table."
    ),
    "not_a_picklist_value": gettext_noop(
        "Lead each of them to one of the field's values in the "
        "value table, or add the values to the field in Salesforce."
    ),
    "not_an_id": gettext_noop(
        "Choose a record reference or an earlier step as the value."
    ),
    "not_a_file": gettext_noop("Choose the file of a question that asks for one."),
    "no_such_record_type": gettext_noop(
        "Choose one of the record types that the connected user may use."
    ),
    "wrong_record": gettext_noop("Choose a record of the right object."),
    "not_an_email": gettext_noop(
        "Choose a text field, or a value that is an e-mail address."
    ),
    "unsupported_type": gettext_noop("Choose another field."),
    "cannot_clear": gettext_noop(
        "Set “if the answer is blank” to leave the field alone, or give a default."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a rule will or may fail, and what to do about it."""

    grade: Grade
    message: str
    hint: str
    # An answer that would fail, as a person would give it.
    example: str = ""


def doubts(
    rule: FieldSpec, field: FieldSchema, domain: Domain, prefixes: Mapping[str, str]
) -> list[Doubt]:
    """Return all that can be refused; none when every value is sure to fit."""
    if field.type not in CONVERTERS and field.type != "reference":
        return [_unwritable(field)]
    found = list(_blanks(rule, field, domain, prefixes))
    if isinstance(domain, FileId):
        return found + list(_of_files(rule, field, domain))
    if field.type == "base64":
        return [_doubt("will_fail", not_a_file(field))]
    if isinstance(domain, Finite):
        found += _tried(rule, field, domain, prefixes)
    elif isinstance(domain, AnyText):
        found += _measured(rule, field, domain)
    else:
        found += _referring(rule, field, domain, prefixes)
    return found


def _of_files(rule: FieldSpec, field: FieldSchema, domain: FileId) -> Iterator[Doubt]:
    size = domain.megabytes
    if field.type != "base64":
        yield from _measured(rule, field, AnyText(longest=FILE_ID, blank=domain.blank))
    elif rule.table or rule.transforms:
        yield Doubt(
            grade="may_fail",
            message=_("%(field)s: a file is changed on its way.")
            % {"field": field.title()},
            hint=_("Remove the value table and the transforms."),
        )
    elif size > LARGEST_SENT:
        sizes = {"field": field.title(), "size": size, "most": LARGEST_SENT}
        text = _(
            "%(field)s: a file may have %(size)s MB; Salesforce takes %(most)s MB here."
        )
        yield Doubt(
            grade="may_fail",
            message=text % sizes,
            hint=_("Let the question take smaller files."),
            example=_("a file of %(size)s MB") % {"size": size},
        )


def may_be_blank(
    rule: FieldSpec, field: FieldSchema, domain: Domain, prefixes: Mapping[str, str]
) -> bool:
    """Say whether it can happen that the rule has nothing to write."""
    values = list(domain.values) if isinstance(domain, Finite) else []
    if _blank(rule, domain):
        values.append(None)
    return any(
        wire is None or wire is KEEP
        for wire in (carried(value, rule, field, prefixes) for value in values)
    )


def _blank(rule: FieldSpec, domain: Domain) -> bool:
    """There is no first name in "Ada", and a template may begin with blanks."""
    if domain.blank or not isinstance(domain, AnyText):
        return domain.blank
    names = {entry.name for entry in rule.transforms}
    cut = "truncate" in names and isinstance(rule.value, FromTemplate)
    return cut or not names.isdisjoint({"split_first_name", "split_last_name"})


def _unwritable(field: FieldSchema) -> Doubt:
    return Doubt(
        grade="will_fail",
        message=_(
            "%(field)s is of the type %(type)s, which cannot be written from an answer."
        )
        % {"field": field.title(), "type": field.type},
        hint=_(HINTS["unsupported_type"]),
    )


def _blanks(
    rule: FieldSpec, field: FieldSchema, domain: Domain, prefixes: Mapping[str, str]
) -> Iterator[Doubt]:
    if rule.blank is Blank.DEFAULT:
        wire = carried(None, _without_transforms(rule), field, prefixes)
        if isinstance(wire, ValueProblem):
            yield _doubt("will_fail", wire, _("The default does not fit: "))
    if not _blank(rule, domain):
        return
    wire = carried(None, rule, field, prefixes)
    if isinstance(wire, ValueProblem) and rule.blank is not Blank.DEFAULT:
        yield replace(
            _doubt("may_fail", wire, _("The answer may be blank. ")),
            example=_("no answer"),
        )


def _without_transforms(rule: FieldSpec) -> FieldSpec:
    return FieldSpec(
        field=rule.field, value=rule.value, blank=rule.blank, default=rule.default
    )


def _doubt(grade: Grade, problem: ValueProblem, before: str = "") -> Doubt:
    return Doubt(
        grade=grade, message=before + problem.message, hint=_(HINTS[problem.code])
    )


def _tried(
    rule: FieldSpec, field: FieldSchema, domain: Finite, prefixes: Mapping[str, str]
) -> Iterator[Doubt]:
    """Bring every value to the field, as a response would."""
    values = [*domain.values, *([] if domain.complete else rule.table)]
    tried = [(value, carried(value, rule, field, prefixes)) for value in values]
    failed = [(value, wire) for value, wire in tried if isinstance(wire, ValueProblem)]
    if failed:
        _value, problem = failed[0]
        if len(failed) == len(tried):
            yield _doubt("will_fail", problem)
            return
        yield Doubt(
            grade="may_fail",
            message=_("%(field)s does not take %(values)s. %(message)s")
            % {
                "field": field.title(),
                "values": _listed(failed),
                "message": problem.message,
            },
            hint=_(HINTS[problem.code]),
            example=as_text(failed[0][0]),
        )
    elif not domain.complete and field.type in PICKLISTS and field.restricted_picklist:
        yield _other_values(field)


def _listed(failed: list[tuple[object, ValueProblem]]) -> str:
    """Name the values; of sets of choices, the choices that fail by themselves."""
    values = [value for value, _problem in failed]
    alone = [value for value in values if not isinstance(value, list) or not value[1:]]
    names = list(dict.fromkeys(shown(value) for value in alone or values))
    more = (
        _(" and %(count)s more") % {"count": len(names) - NAMED}
        if len(names) > NAMED
        else ""
    )
    return ", ".join(names[:NAMED]) + more


def _other_values(field: FieldSchema) -> Doubt:
    return Doubt(
        grade="may_fail",
        message=_(
            "%(field)s takes the values of its list only; this value can be anything."
        )
        % {"field": field.title()},
        hint=_("Choose a question with choices, or a text field."),
        example=_("something else"),
    )


def _measured(rule: FieldSpec, field: FieldSchema, domain: AnyText) -> Iterator[Doubt]:
    """Reason about texts that nobody can list: by their kind and their length."""
    sure = [entry.name for entry in rule.transforms]
    if field.type not in TEXTS | PICKLISTS:
        yield _not_a_text(field, domain, sure)
        return
    if {"number", "date_format"} & set(sure):
        yield Doubt(
            grade="may_fail",
            message=_(
                "%(field)s: a text need not hold a number or a date, as the "
                "transform expects."
            )
            % {"field": field.title()},
            hint=_("Remove the transform, or choose another value."),
            example=_("no idea"),
        )
    if field.type == "multipicklist" or (
        field.type == "picklist" and field.restricted_picklist
    ):
        yield _other_values(field)
        return
    if field.type == "email" and not (domain.email and not rule.transforms):
        yield Doubt(
            grade="may_fail",
            message=_(
                "%(field)s: a text need not be an e-mail address; what is none is "
                "held for a person."
            )
            % {"field": field.title()},
            hint=_("Choose a text field, or let it be held."),
            example=_("ask me later"),
        )
    yield from _too_long(rule, field, domain)


def _not_a_text(field: FieldSchema, domain: AnyText, sure: list[str]) -> Doubt:
    reads = "number" in sure and field.type in NUMBERS
    who = _("people type") if domain.typed else _("is known only when it comes")
    return Doubt(
        grade="will_fail" if domain.typed and not reads else "may_fail",
        message=_(
            "%(field)s is of the type %(type)s; a text that %(who)s may be anything."
        )
        % {"field": field.title(), "type": field.type, "who": who},
        hint=_("Choose a text field for it, or a question that gives such a value."),
        example=_("no idea"),
    )


def _too_long(rule: FieldSpec, field: FieldSchema, domain: AnyText) -> Iterator[Doubt]:
    if not field.length:
        return
    longest = _longest(rule, field, domain)
    if longest is not None and longest <= field.length:
        return
    says = (
        _("of any length")
        if longest is None
        else _("of up to %(longest)s characters") % {"longest": whole(longest)}
    )
    yield Doubt(
        grade="may_fail",
        message=_(
            "%(field)s takes %(length)s characters; the text may be %(says)s. "
            "A longer one is held for a person."
        )
        % {"field": field.title(), "length": whole(field.length), "says": says},
        hint=_(HINTS["too_long"]),
        example=_("a text of %(count)s characters")
        % {"count": whole(field.length + 1)},
    )


def _longest(rule: FieldSpec, field: FieldSchema, domain: AnyText) -> int | None:
    """Return how long the text can be in the field, at the end of the rule."""
    longest = domain.longest
    growth = HTML_GROWTH if field.html else 1
    for value in rule.table.values():
        longest = longest if longest is None else max(longest, len(value))
    fitted = False
    for transform in rule.transforms:
        if transform.name == "truncate" and transform.argument is None:
            fitted = True
        elif transform.name == "truncate" and transform.argument is not None:
            limit = int(transform.argument)
            longest = limit if longest is None else min(longest, limit)
        elif transform.name == "default" and transform.argument is not None:
            longest = longest and max(longest, len(transform.argument))
            fitted = fitted and len(written(transform.argument, field)) <= field.length
    if fitted:
        return field.length
    return longest and longest * growth


def _referring(
    rule: FieldSpec,
    field: FieldSchema,
    domain: RecordId,
    prefixes: Mapping[str, str],
) -> Iterator[Doubt]:
    if rule.table or rule.transforms:
        yield Doubt(
            grade="may_fail",
            message=_("%(field)s: the id of a record is changed on its way.")
            % {"field": field.title()},
            hint=_("Remove the value table and the transforms."),
        )
    if field.type in TEXTS - {"email", "phone"} and field.length >= LONG:
        return
    if field.type != "reference":
        yield Doubt(
            grade="will_fail",
            message=_("%(field)s cannot hold the id of a record.")
            % {"field": field.title()},
            hint=_("Choose a field that refers to a record."),
        )
        return
    for object_ in domain.objects:
        if not field.reference_to or object_ in field.reference_to:
            continue
        known = isinstance(rule.value, FromStep) or object_ in prefixes.values()
        yield Doubt(
            grade="will_fail" if known else "may_fail",
            message=_("%(field)s refers to %(names)s, not to %(object)s.")
            % {
                "field": field.title(),
                "names": _(" or ").join(field.reference_to[:5]),
                "object": object_,
            },
            hint=_(HINTS["wrong_record"]),
        )
