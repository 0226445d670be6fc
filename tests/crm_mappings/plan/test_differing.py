"""What is different between two documents of a mapping, in words."""

from crm_mappings.plan import rules
from crm_mappings.plan.differing import differences, said
from tests.factories.plan import document, rule, step


def canonical(*steps, **options):
    return rules.to_document(rules.parse(document(*steps, **options)))


def test_the_same_is_not_different():
    one = canonical(step(rule("CSAT__c", "csat")))

    assert differences(one, one) == []


def test_what_an_older_document_does_not_say_is_no_difference():
    new = canonical(step(rule("CSAT__c", "csat")))
    old = {key: value for key, value in new.items() if key != "trusts_links"}

    assert differences(old, new) == []


def test_every_level_is_compared():
    before = canonical(
        step(rule("CSAT__c", "csat"), rule("Subject", {"constant": "Hi"})),
        step(rule("Subject", {"constant": "x"}), key="gone", action="create"),
    )
    after = canonical(
        step(
            rule("CSAT__c", "nps", blank="clear"),
            rule("Description", {"constant": "New"}),
            no_match="skip",
        ),
        step(rule("Subject", {"constant": "x"}), key="new", action="create"),
        condition={"question": "nps", "op": "le", "value": 6},
    )

    found = {
        (one.step, one.field, one.what): (one.before, one.after)
        for one in differences(before, after)
    }

    assert found == {
        ("", "", "Condition"): ("none", "nps le 6"),
        ("case", "", "If there is none"): ("fail", "skip"),
        ("case", "CSAT__c", "Value"): ("question csat", "question nps"),
        ("case", "CSAT__c", "If the answer is blank"): ("keep", "clear"),
        ("case", "Subject", "Field removed"): ("constant Hi", ""),
        ("case", "Description", "Field added"): ("", "constant New"),
        ("gone", "", "Step removed"): ("create Case", ""),
        ("new", "", "Step added"): ("", "create Case"),
    }


def test_another_order_of_the_steps_is_said():
    one = step(rule("Subject", {"constant": "x"}), key="one", action="create")
    two = step(rule("Subject", {"constant": "x"}), key="two", action="create")

    (found,) = differences(canonical(one, two), canonical(two, one))

    assert (found.before, found.after) == ("one, two", "two, one")


def test_nothing_is_said_as_json():
    values = [
        {"question": "nps", "facet": "group"},
        {
            "all": [
                {"question": "nps", "op": "answered"},
                {"variable": "a", "op": "blank"},
            ]
        },
        {"any": [{"not": {"step": "case", "op": "blank"}}]},
        [{"email": "Email", "value": {"question": "mail"}}],
        {"speed": "Response time"},
        ["trim", "truncate:20"],
        True,
        None,
    ]

    assert [said(one) for one in values] == [
        "question nps.group",
        "nps answered and a blank",
        "not (case blank)",
        "email Email, value question mail",
        "speed Response time",
        "trim; truncate:20",
        "yes",
        "none",
    ]
