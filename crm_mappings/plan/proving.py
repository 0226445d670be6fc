"""Owns the proof that what a rule can give fits a field, or what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from crm_mappings.plan.convert import CONVERTERS, shown, written
from crm_mappings.plan.domains import AnyText, Domain, Finite, RecordId
from crm_mappings.plan.ids import LONG
from crm_mappings.plan.schema import FieldSchema, valid_for
from crm_mappings.plan.sources import FromConstant, FromStep, FromTemplate, ValueSource
from crm_mappings.plan.specs import Blank, FieldSpec
from crm_mappings.plan.values import KEEP, ValueProblem, carried

Grade: TypeAlias = Literal["will_fail", "may_fail", "fine", "note"]

TEXTS: Final = frozenset(
    {"string", "textarea", "phone", "url", "combobox", "encryptedstring", "email"}
)
PICKLISTS: Final = frozenset({"picklist", "multipicklist"})
NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
# The most that a character can grow to in rich text: & is written &amp;.
HTML_GROWTH: Final = 5
NAMED: Final = 8

HINTS: Final[Mapping[str, str]] = {
    "too_long": "Add the transform “truncate”, or choose a longer field.",
    "out_of_range": "Choose a field with more digits before the point.",
    "not_a_number": "Choose a text field, or another value for this one.",
    "not_a_date": "Choose a text field, or a value that is a date.",
    "not_a_time": "Choose a text field, or a value that is a time.",
    "not_true_or_false": "Choose another field, or lead to true and false by the "
    "value table.",
    "not_a_picklist_value": "Lead each of them to one of the field's values in the "
    "value table, or add the values to the field in Salesforce.",
    "not_an_id": "Choose a record reference or an earlier step as the value.",
    "wrong_record": "Choose a record of the right object.",
    "not_an_email": "Choose a text field, or a value that is an e-mail address.",
    "unsupported_type": "Choose another field.",
    "cannot_clear": "Set “if the answer is blank” to leave the field alone, or give "
    "a default.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a rule will or may fail, and what to do about it."""

    grade: Grade
    message: str
    hint: str


def doubts(
    rule: FieldSpec, field: FieldSchema, domain: Domain, prefixes: Mapping[str, str]
) -> list[Doubt]:
    """Return all that can be refused; none when every value is sure to fit."""
    if field.type not in CONVERTERS and field.type != "reference":
        return [_unwritable(field)]
    found = list(_blanks(rule, field, domain, prefixes))
    if isinstance(domain, Finite):
        found += _tried(rule, field, domain, prefixes)
    elif isinstance(domain, AnyText):
        found += _measured(rule, field, domain)
    else:
        found += _referring(rule, field, domain, prefixes)
    return found


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
        message=f"{field.title()} is of the type {field.type}, which cannot be "
        "written from an answer.",
        hint=HINTS["unsupported_type"],
    )


def _blanks(
    rule: FieldSpec, field: FieldSchema, domain: Domain, prefixes: Mapping[str, str]
) -> Iterator[Doubt]:
    if rule.blank is Blank.DEFAULT:
        wire = carried(None, _without_transforms(rule), field, prefixes)
        if isinstance(wire, ValueProblem):
            yield _doubt("will_fail", wire, "The default does not fit: ")
    if not _blank(rule, domain):
        return
    wire = carried(None, rule, field, prefixes)
    if isinstance(wire, ValueProblem) and rule.blank is not Blank.DEFAULT:
        yield _doubt("may_fail", wire, "The answer may be blank. ")


def _without_transforms(rule: FieldSpec) -> FieldSpec:
    return FieldSpec(
        field=rule.field, value=rule.value, blank=rule.blank, default=rule.default
    )


def _doubt(grade: Grade, problem: ValueProblem, before: str = "") -> Doubt:
    return Doubt(
        grade=grade, message=before + problem.message, hint=HINTS[problem.code]
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
            message=f"{field.title()} does not take {_listed(failed)}. "
            f"{problem.message}",
            hint=HINTS[problem.code],
        )
    elif not domain.complete and field.type in PICKLISTS and field.restricted_picklist:
        yield _other_values(field)


def _listed(failed: list[tuple[object, ValueProblem]]) -> str:
    """Name the values; of sets of choices, the choices that fail by themselves."""
    values = [value for value, _problem in failed]
    alone = [value for value in values if not isinstance(value, list) or not value[1:]]
    names = list(dict.fromkeys(shown(value) for value in alone or values))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _other_values(field: FieldSchema) -> Doubt:
    return Doubt(
        grade="may_fail",
        message=f"{field.title()} takes the values of its list only; this value can "
        "be anything.",
        hint="Choose a question with choices, or a text field.",
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
            message=f"{field.title()}: a text need not hold a number or a date, as "
            "the transform expects.",
            hint="Remove the transform, or choose another value.",
        )
    if field.type == "multipicklist" or (
        field.type == "picklist" and field.restricted_picklist
    ):
        yield _other_values(field)
        return
    if field.type == "email":
        yield Doubt(
            grade="may_fail",
            message=f"{field.title()}: a text need not be an e-mail address; what is "
            "none is held for a person.",
            hint="Choose a text field, or let it be held.",
        )
    yield from _too_long(rule, field, domain)


def _not_a_text(field: FieldSchema, domain: AnyText, sure: list[str]) -> Doubt:
    reads = "number" in sure and field.type in NUMBERS
    who = "people type" if domain.typed else "is known only when it comes"
    return Doubt(
        grade="will_fail" if domain.typed and not reads else "may_fail",
        message=f"{field.title()} is of the type {field.type}; a text that {who} may "
        "be anything.",
        hint="Choose a text field for it, or a question that gives such a value.",
    )


def _too_long(rule: FieldSpec, field: FieldSchema, domain: AnyText) -> Iterator[Doubt]:
    if not field.length:
        return
    longest = _longest(rule, field, domain)
    if longest is not None and longest <= field.length:
        return
    says = "of any length" if longest is None else f"of up to {longest:,} characters"
    yield Doubt(
        grade="may_fail",
        message=f"{field.title()} takes {field.length:,} characters; the text may be "
        f"{says}. A longer one is held for a person.",
        hint=HINTS["too_long"],
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
            message=f"{field.title()}: the id of a record is changed on its way.",
            hint="Remove the value table and the transforms.",
        )
    if field.type in TEXTS - {"email", "phone"} and field.length >= LONG:
        return
    if field.type != "reference":
        yield Doubt(
            grade="will_fail",
            message=f"{field.title()} cannot hold the id of a record.",
            hint="Choose a field that refers to a record.",
        )
    elif field.reference_to and domain.object not in field.reference_to:
        known = isinstance(rule.value, FromStep) or domain.object in prefixes.values()
        yield Doubt(
            grade="will_fail" if known else "may_fail",
            message=f"{field.title()} refers to {' or '.join(field.reference_to[:5])}, "
            f"not to {domain.object}.",
            hint=HINTS["wrong_record"],
        )


def goes_with(
    value: ValueSource, field: FieldSchema, ruling: ValueSource, controller: FieldSchema
) -> bool | None:
    """Say whether two constants go together; None when they are no constants."""
    if not isinstance(value, FromConstant) or not isinstance(ruling, FromConstant):
        return None
    chosen = [one for one in field.picklist if one.value == value.value]
    if controller.type == "boolean":
        places = [int(ruling.value in {True, "true"})]
    else:
        ruled = [one.value for one in controller.picklist]
        places = [place for place, one in enumerate(ruled) if one == ruling.value]
    if not chosen or not places:
        return None
    return valid_for(chosen[0], places[0])
