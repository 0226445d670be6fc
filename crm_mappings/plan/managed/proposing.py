"""Owns how a proposal comes about: which fields a survey needs, under which names, and
which of them the org has already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crm_mappings.plan.managed import wishes
from crm_mappings.plan.managed.names import candidates
from crm_mappings.plan.managed.proposals import (
    NAME,
    RESPONSE,
    FieldPlan,
    Kept,
    ObjectPlan,
    Part,
    Proposal,
    State,
)
from crm_mappings.plan.managed.table import (
    TRUNCATE,
    Slot,
    groups,
    question_slots,
    variable_slots,
)
from crm_mappings.plan.managed.wishes import FieldWish, fits, lacking
from crm_mappings.plan.reading import MAX_FIELDS
from crm_mappings.plan.schema import FieldSchema, ObjectSchema, PicklistValue
from crm_mappings.plan.sources import (
    FromQuestion,
    FromRecord,
    FromResponse,
    ValueSource,
)
from surveys.definition import Definition, Kind, Question
from surveys.wording import gettext as _

# Stands for the key that Tellback makes of each record.
KEY: Final = FromResponse(name="key")
# Where the last NPS of a person or a company is kept.
ROLLED_UP: Final = ("Contact", "Account")
# Objects that no look-up can lead to; their ids are kept as texts.
NO_LOOKUP: Final = frozenset({"Task", "Event", "CampaignMember", "OpportunityLineItem"})


def propose(
    definition: Definition,
    *,
    records: Sequence[str],
    schemas: Mapping[str, ObjectSchema],
    kept: Kept | None = None,
) -> Proposal:
    """Return what the survey needs in an org that these objects are of.

    `records` are the objects that its invitations are about, `kept` the names of
    (object, value) that an earlier proposal of this survey gave.
    """
    seen = [name for name in dict.fromkeys(records) if name in schemas]
    left = [
        _("%(object)s: the connected user does not see this object.") % {"object": name}
        for name in dict.fromkeys(records)
        if name not in schemas
    ]
    nps = next((q for q in definition.questions() if q.kind is Kind.NPS), None)
    slots = _places(definition, [schemas[name] for name in seen])
    # The key has no rule, and the record's name has one.
    room, over = slots[:MAX_FIELDS], slots[MAX_FIELDS:]
    left += [_no_room(place.slot) for place in over]
    planned = [_object(RESPONSE, _("Tellback Response"), room, schemas, kept or {})]
    rolled = [name for name in ROLLED_UP if name in seen] if nps else []
    for name in rolled:
        places = [_Place(Part.ROLL_UP, slot) for slot in _roll_up_slots(nps)]
        planned.append(_object(name, schemas[name].label, places, schemas, kept or {}))
    return Proposal(
        survey=definition.key,
        records=tuple(seen),
        objects=tuple(planned),
        left_out=tuple(left),
        nps=nps.key if nps and rolled else "",
    )


def _places(definition: Definition, records: Sequence[ObjectSchema]) -> list[_Place]:
    """Return what a response is to hold, the most needed first."""
    return [
        _Place(Part.RESPONSE, _key_slot()),
        *(_Place(Part.RESPONSE, slot) for slot in _response_slots(definition)),
        *(_Place(Part.RECORD, _record_slot(record)) for record in records),
        *(_Place(Part.QUESTION, slot) for slot in question_slots(definition)),
        *(_Place(Part.QUESTION, slot) for slot in variable_slots(definition.variables)),
    ]


def _no_room(slot: Slot) -> str:
    return _("“%(label)s” finds no place: an object takes %(most)s rules.") % {
        "label": slot.label,
        "most": MAX_FIELDS,
    }


@dataclass(frozen=True, slots=True)
class _Place:
    part: Part
    slot: Slot


def _response_slots(definition: Definition) -> Iterator[Slot]:
    """What every response has, whatever it was asked."""
    yield _fact("survey_title", "survey", _("Survey"), wishes.text())
    yield _fact("survey_key", "survey_key", _("Survey key"), wishes.text(50))
    moment = wishes.simple("DateTime")
    yield _fact("completed_at", "completed_at", _("Completed at"), moment)
    yield _fact("link", "link", _("Link to the response"), wishes.simple("Url"))
    status = wishes.picklist(("completed", _("Completed")))
    yield _fact("status", "status", _("Status"), status)
    yield _fact("language", "language", _("Language"), wishes.text(16))
    score = _score_source(definition)
    if score is not None:
        yield Slot(
            source=score,
            words=("score",),
            label=_("Score"),
            help=_("The answer to the question that the survey is about."),
            wish=FieldWish(type="Number", left=3, scale=2),
        )


def _key_slot() -> Slot:
    return Slot(
        source=KEY,
        words=("tellback", "key"),
        label=_("Tellback key"),
        help=_("By it a repeated write finds the record that it made."),
        wish=FieldWish(type="Text", length=36, key=True),
    )


def _fact(name: str, word: str, label: str, wish: FieldWish) -> Slot:
    return Slot(
        source=FromResponse(name=name),
        words=(word,),
        label=label,
        help=label,
        wish=wish,
        transforms=TRUNCATE if wish.type in {"Text", "Url"} else (),
    )


def _score_source(definition: Definition) -> ValueSource | None:
    """The NPS, or else the first rating: what a report sorts responses by."""
    asked = list(definition.questions())
    for kind in (Kind.NPS, Kind.RATING):
        found = next((one for one in asked if one.kind is kind), None)
        if found is not None:
            return FromQuestion(question=found.key)
    return None


def _record_slot(schema: ObjectSchema) -> Slot:
    bare = schema.name.removesuffix("__c")
    looked_up = schema.name not in NO_LOOKUP
    return Slot(
        source=FromRecord(record=schema.name),
        words=(bare,),
        label=schema.label[:40],
        help=_("The %(object)s that the response is about.") % {"object": schema.label},
        wish=wishes.lookup(schema.name) if looked_up else wishes.text(18),
    )


def _roll_up_slots(nps: Question | None) -> Iterator[Slot]:
    if nps is None:
        return
    last = ("tellback", "last", "nps")
    value = FromQuestion(question=nps.key)
    group = FromQuestion(question=nps.key, facet="group")
    at = FromResponse(name="completed_at")
    told = _("Of the newest answer that Tellback has.")
    parts: list[tuple[ValueSource, tuple[str, ...], str, FieldWish]] = [
        (value, last, _("Last NPS"), wishes.whole(2)),
        (at, (*last, "date"), _("Last NPS: date"), wishes.simple("Date")),
        (group, (*last, "group"), _("Last NPS: group"), groups()),
    ]
    for source, words, label, wish in parts:
        yield Slot(source=source, words=words, label=label, help=told, wish=wish)


def _object(
    name: str,
    label: str,
    places: Sequence[_Place],
    schemas: Mapping[str, ObjectSchema],
    kept: Kept,
) -> ObjectPlan:
    schema = schemas.get(name)
    there = {one.name.lower(): one for one in schema.fields.values()} if schema else {}
    naming = _Naming(name, there, kept)
    fields = naming.fields(places)
    chosen = {field.name for field in fields}
    title = there.get(NAME.lower())
    return ObjectPlan(
        name=name,
        label=schema.label if schema else label,
        exists=schema is not None,
        fields=tuple(fields),
        others=tuple(_others(schema, chosen)),
        open=schema is not None and _allowed(schema, name),
        title=title is None or (title.createable and title.updateable),
    )


def _allowed(schema: ObjectSchema, name: str) -> bool:
    return schema.updateable and (schema.createable or name != RESPONSE)


def _others(schema: ObjectSchema | None, chosen: set[str]) -> Iterator[str]:
    """Fields that a permission set must go on naming: what it leaves out, it takes."""
    for field in schema.fields.values() if schema else ():
        ours = schema is not None and schema.name == RESPONSE
        made = field.name.endswith("__c") and field.permissionable and field.updateable
        if (
            made
            and field.name not in chosen
            and (ours or field.name.lower().startswith("tellback_"))
        ):
            yield field.name


class _Naming:
    """Gives each value its field: the one of before, one that fits, or a new one."""

    def __init__(
        self, object_name: str, there: Mapping[str, FieldSchema], kept: Kept
    ) -> None:
        self.object = object_name
        self.there = there
        self.kept = {key: list(names) for key, names in kept.items()}
        self.taken: set[str] = set()

    def fields(self, places: Sequence[_Place]) -> list[FieldPlan]:
        """Reserve what was named before, so that a new question takes no old name."""
        before = [self._before(place.slot) for place in places]
        self.taken |= {name.lower() for name in before}
        pairs = zip(places, before, strict=True)
        return [self._field(place, name) for place, name in pairs]

    def _before(self, slot: Slot) -> str:
        names = self.kept.get((self.object, slot.source)) or [""]
        name = names.pop(0)
        standing = self.there.get(name.lower())
        fine = name.endswith("__c") and (standing is None or fits(slot.wish, standing))
        return name if fine else ""

    def _field(self, place: _Place, before: str) -> FieldPlan:
        slot = place.slot
        name, instead = (before, ()) if before else self._free(slot)
        self.taken.add(name.lower())
        standing = self.there.get(name.lower())
        plan = FieldPlan(
            name=name,
            label=slot.label,
            help=slot.help,
            wish=slot.wish,
            state=State.CREATE,
            part=place.part,
            source=slot.source,
            transforms=slot.transforms,
            instead_of=instead,
            values=tuple(_value(*one) for one in slot.wish.values),
        )
        return _standing(plan, standing) if standing else plan

    def _free(self, slot: Slot) -> tuple[str, tuple[str, ...]]:
        """Return the first name that is free or fits, and those that do not fit."""
        unfit: list[str] = []
        for name in candidates(slot.words, self.taken):
            standing = self.there.get(name.lower())
            if standing is None or fits(slot.wish, standing):
                return name, tuple(unfit)
            unfit.append(standing.name)
        raise AssertionError("a thousand names are taken")  # pragma: no cover


def _standing(plan: FieldPlan, there: FieldSchema) -> FieldPlan:
    """Return the plan of a field that is there already, as it is there."""
    missing = lacking(plan.wish, there)
    ours = {value for value, _label in missing}
    known = tuple(
        replace(one, active=one.active or one.value in ours) for one in there.picklist
    )
    names = {one.value for one in known}
    new = tuple(_value(*one) for one in missing if one[0] not in names)
    return replace(
        plan,
        name=there.name,
        label=there.label,
        state=State.EXTEND if missing else State.EXISTS,
        values=(*known, *new),
        lacking=len(missing),
        restricted=there.restricted_picklist,
        open=there.createable and there.updateable,
    )


def _value(value: str, label: str) -> PicklistValue:
    return PicklistValue(value=value, label=label)
