"""SOQL: what is understood, what is refused, and that no text breaks the parser."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.soql.lexing import tokens
from crm_mappings.emulator.soql.matching import like_pattern
from crm_mappings.emulator.soql.parsing import parse
from crm_mappings.emulator.soql.spans import COUNTED, PLAIN, span
from tests.factories.org import api, make_org


@pytest.fixture
def people(org):
    """Three contacts of one account, with cases of theirs."""
    acme = org.insert("Account", {"Name": "Acme"})
    for first, last, nps in (("Ada", "Lovelace", 9), ("Alan", "Turing", None)):
        person = {"FirstName": first, "LastName": last, "Last_NPS__c": nps}
        contact = org.insert(
            "Contact",
            {**person, "AccountId": acme, "Email": f"{first.lower()}@example.com"},
        )
        org.insert(
            "Case",
            {
                "ContactId": contact,
                "Subject": f"Of {first}",
                "Topics__c": "Price;Quality" if first == "Ada" else None,
            },
        )
        org.clock.advance(days=1)
    org.insert("Contact", {"LastName": "O'Hara", "Last_NPS__c": 3, "Title": "50%"})
    return org


def names(org, condition):
    found = org.query(f"SELECT LastName FROM Contact {condition}")
    return [each["LastName"] for each in found]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("WHERE LastName = 'LOVELACE'", ["Lovelace"]),
        ("WHERE LastName != 'Turing'", ["Lovelace", "O'Hara"]),
        ("WHERE LastName <> 'Turing'", ["Lovelace", "O'Hara"]),
        (r"WHERE LastName = 'O\'Hara'", ["O'Hara"]),
        ("WHERE FirstName != 'Ada'", ["Turing", "O'Hara"]),
        ("WHERE FirstName = null", ["O'Hara"]),
        ("WHERE FirstName != NULL", ["Lovelace", "Turing"]),
        ("WHERE FirstName = ''", ["O'Hara"]),
        ("WHERE Last_NPS__c > 3", ["Lovelace"]),
        ("WHERE Last_NPS__c >= 3", ["Lovelace", "O'Hara"]),
        ("WHERE Last_NPS__c < 9.0", ["O'Hara"]),
        ("WHERE Last_NPS__c != 9", ["Turing", "O'Hara"]),
        ("WHERE LastName LIKE '%UR%'", ["Turing"]),
        ("WHERE LastName LIKE '_uring'", ["Turing"]),
        (r"WHERE Title LIKE '50\%'", ["O'Hara"]),
        ("WHERE FirstName LIKE '%'", ["Lovelace", "Turing"]),
        ("WHERE LastName IN ('turing', 'Lovelace')", ["Lovelace", "Turing"]),
        ("WHERE LastName NOT IN ('Turing')", ["Lovelace", "O'Hara"]),
        ("WHERE Email IN ('alan@example.com')", ["Turing"]),
        ("WHERE Email = 'ADA@example.com' AND Last_NPS__c = 9", ["Lovelace"]),
        ("WHERE NOT LastName = 'Turing'", ["Lovelace", "O'Hara"]),
        ("WHERE NOT (LastName = 'Turing' OR Last_NPS__c = 9)", ["O'Hara"]),
        ("WHERE HasOptedOutOfEmail = false", ["Lovelace", "Turing", "O'Hara"]),
        ("WHERE HasOptedOutOfEmail = TRUE", []),
        ("WHERE Account.Name = 'acme'", ["Lovelace", "Turing"]),
        ("WHERE Account.Name = null", ["O'Hara"]),
        ("WHERE Contact.LastName = 'Turing'", ["Turing"]),
        ("WHERE Owner.Username LIKE 'admin@%'", ["Lovelace", "Turing", "O'Hara"]),
        ("WHERE CreatedDate = TODAY", ["O'Hara"]),
        ("WHERE CreatedDate < TODAY", ["Lovelace", "Turing"]),
        ("WHERE CreatedDate >= YESTERDAY", ["Turing", "O'Hara"]),
        ("WHERE CreatedDate = LAST_N_DAYS:1", ["Turing", "O'Hara"]),
        ("WHERE CreatedDate = N_DAYS_AGO:2", ["Lovelace"]),
        ("WHERE CreatedDate > 2026-11-22T00:00:00Z", ["Turing", "O'Hara"]),
        ("WHERE CreatedDate > 2026-11-22T10:00:00+01:00", ["O'Hara"]),
        (
            "WHERE Id IN (SELECT ContactId FROM Case WHERE Subject LIKE '%Ada')",
            ["Lovelace"],
        ),
        ("ORDER BY LastName DESC", ["Turing", "O'Hara", "Lovelace"]),
        ("ORDER BY Last_NPS__c", ["Turing", "O'Hara", "Lovelace"]),
        ("ORDER BY Last_NPS__c NULLS LAST", ["O'Hara", "Lovelace", "Turing"]),
        ("ORDER BY Last_NPS__c DESC", ["Turing", "Lovelace", "O'Hara"]),
        ("ORDER BY Account.Name NULLS LAST, LastName DESC LIMIT 1", ["Turing"]),
        ("ORDER BY LastName LIMIT 1 OFFSET 1", ["O'Hara"]),
        ("LIMIT 0", []),
    ],
)
def test_a_condition_finds_whom_it_fits(people, condition, expected):
    assert names(people, condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Topics__c INCLUDES ('Price')", 1),
        ("Topics__c INCLUDES ('Price;Quality', 'Other')", 1),
        ("Topics__c INCLUDES ('Price;Other')", 0),
        ("Topics__c EXCLUDES ('Price')", 1),
        ("Contact.Account.Name = 'Acme'", 2),
        ("ContactEmail = 'ada@example.com'", 1),
        ("IsClosed = false AND (Priority = 'Medium' OR Priority = 'High')", 2),
    ],
)
def test_condition_on_cases(people, condition, expected):
    assert len(people.query(f"SELECT Id FROM Case WHERE {condition}")) == expected


def test_parents_are_nested(people):
    soql = (
        "SELECT Subject, Contact.Name, Contact.Account.Name, Owner.Name "
        "FROM Case ORDER BY Subject LIMIT 1"
    )

    (record,) = people.query(soql)

    assert record["Contact"]["Name"] == "Ada Lovelace"
    assert record["Contact"]["Account"]["Name"] == "Acme"
    assert record["Contact"]["attributes"]["type"] == "Contact"
    assert record["Owner"]["Name"] == "Grace Hopper"
    assert record["Owner"]["attributes"]["type"] == "User"


def test_missing_parent_is_null(people):
    soql = "SELECT Account.Name, Account.Owner.Name FROM Contact WHERE FirstName = null"

    assert people.query(soql)[0]["Account"] is None


def test_what_a_task_is_about(people):
    case = people.query("SELECT Id FROM Case LIMIT 1")[0]["Id"]
    people.insert("Task", {"WhatId": case, "Subject": "Call"})

    soql = "SELECT What.Name, What.Type FROM Task WHERE What.Type = 'Case'"

    assert people.query(soql)[0]["What"]["Name"] == "00001026"


def test_children_come_with_their_parent(people):
    soql = (
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC LIMIT 1), "
        "(SELECT Id FROM Opportunities) FROM Account"
    )

    (record,) = people.query(soql)

    assert record["Opportunities"] is None
    assert record["Contacts"]["totalSize"] == 1
    assert record["Contacts"]["records"][0]["LastName"] == "Turing"


def test_rows_are_counted_in_both_forms(http, people):
    def ask(soql):
        return http.get(api(people, "query"), params={"q": soql}).json()

    # The session of the fixture is older than the days that passed.
    assert people.query("SELECT COUNT(Id) FROM Contact")[0]["expr0"] == 3
    result = people.engine.run(
        "SELECT COUNT() FROM Contact WHERE Last_NPS__c != null",
        now=people.clock.now(),
        version="66.0",
    )
    assert (result.size, result.rows) == (2, [])


def test_aggregates_are_told_for_each_group(people):
    soql = (
        "SELECT AccountId, COUNT(Id) n, MAX(Last_NPS__c), AVG(Last_NPS__c) mean, "
        "COUNT_DISTINCT(LastName) FROM Contact GROUP BY AccountId"
    )

    by_account = {each["AccountId"]: each for each in people.query(soql)}

    alone = by_account[None]
    assert alone["attributes"] == {"type": "AggregateResult"}
    assert (alone["n"], alone["expr0"], alone["mean"], alone["expr1"]) == (1, 3, 3, 1)
    assert len(by_account) == 2


def test_all_fields_at_once(people):
    record = people.query("SELECT FIELDS(ALL) FROM Contact LIMIT 1")[0]
    custom = people.query("SELECT Id, FIELDS(CUSTOM) FROM Contact LIMIT 1")[0]

    assert len(record) > 50
    assert set(custom) - {"attributes"} == {
        *("Id", "Last_NPS__c", "Last_Survey__c", "Tellback_Key__c")
    }


def test_organization_and_rights_can_be_asked(org):
    (organization,) = org.query(
        "SELECT Id, Name, IsSandbox, OrganizationType, InstanceName FROM Organization"
    )
    (rights,) = org.query(
        "SELECT PermissionsApiEnabled, PermissionsModifyMetadata, "
        "PermissionsPasswordNeverExpires FROM UserPermissionAccess"
    )

    assert organization["Id"] == org.org_id
    assert organization["IsSandbox"] is False
    assert rights["PermissionsApiEnabled"] is True
    assert rights["PermissionsPasswordNeverExpires"] is False


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = 'x", "MALFORMED_QUERY"),
        ('SELECT Id FROM Contact WHERE LastName = "x"', "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE (LastName = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact LIMIT x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact LIMIT 1 LIMIT 2", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact; DROP TABLE Contact", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Contact WHERE Id = null AND Id = null OR Id = null",
            "MALFORMED_QUERY",
        ),
        ("SELECT COUNT(), Id FROM Contact", "MALFORMED_QUERY"),
        ("SELECT LastName, COUNT(Id) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-02-30", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE " + "(" * 200, "MALFORMED_QUERY"),
        ("SELECT Shoe__c FROM Contact", "INVALID_FIELD"),
        ("SELECT Account.Shoe__c FROM Contact", "INVALID_FIELD"),
        ("SELECT Shoe__r.Name FROM Contact", "INVALID_FIELD"),
        ("SELECT Id, id FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Shoe__c = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Contact ORDER BY Shoe__c", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Last_NPS__c = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE LastName = TODAY", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE LastName LIKE 5", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        (
            "SELECT Id FROM Contact WHERE Id LIKE '003%'",
            "INVALID_QUERY_FILTER_OPERATOR",
        ),
        (
            "SELECT Id FROM Contact WHERE LastName INCLUDES ('x')",
            "INVALID_QUERY_FILTER_OPERATOR",
        ),
        ("SELECT Id FROM Shoe__c", "INVALID_TYPE"),
        ("SELECT (SELECT Id FROM Shoes__r) FROM Contact", "INVALID_TYPE"),
    ],
)
def test_a_wrong_query_is_refused_with_its_code(http, org, soql, code):
    answer = http.get(api(org, "query"), params={"q": soql})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code


def test_refusal_points_at_the_word(org):
    with pytest.raises(Refusal) as caught:
        org.query("SELECT Id\nFROM Contact\nWHERE Shoe__c = 1")

    lines = caught.value.message.splitlines()
    assert lines[1][lines[2].index("^") :].startswith("Shoe__c")
    assert lines[3] == "ERROR at Row:3:Column:7"
    assert lines[4].startswith("No such column 'Shoe__c' on entity 'Contact'. If you")


def test_pages_follow_each_other(http, org):
    for number in range(450):
        org.insert("Contact", {"LastName": f"N{number:03}"})
    options = {"Sforce-Query-Options": "batchSize=1"}

    address = api(org, "query?q=SELECT+LastName+FROM+Contact")
    sizes, seen = [], []
    while address:
        page = http.get(address, headers=options).json()
        sizes.append(len(page["records"]))
        seen += [each["LastName"] for each in page["records"]]
        assert page["totalSize"] == 450
        assert page["done"] == ("nextRecordsUrl" not in page)
        more = page.get("nextRecordsUrl")
        address = f"{org.instance_url}{more}" if more else None

    assert sizes == [200, 200, 50]
    assert seen == [f"N{number:03}" for number in range(450)]


def test_pages_may_be_small_in_tests_and_end_after_two_days():
    from tests.factories.org import logged_in

    org = make_org(page_size=2)
    for _ in range(3):
        org.insert("Contact", {"LastName": "L"})
    soql = {"q": "SELECT Id FROM Contact"}
    page = logged_in(org).get(api(org, "query"), params=soql).json()
    assert len(page["records"]) == 2

    org.clock.advance(days=3)
    answer = logged_in(org).get(f"{org.instance_url}{page['nextRecordsUrl']}")

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_deleted_rows_are_found_by_query_all_alone(http, org):
    org.delete("Contact", org.insert("Contact", {"LastName": "L"}))
    soql = {"q": "SELECT Id, IsDeleted FROM Contact"}

    alive = http.get(api(org, "query"), params=soql).json()
    every = http.get(api(org, "queryAll"), params=soql).json()

    assert alive["totalSize"] == 0
    assert every["records"][0]["IsDeleted"] is True


# -- properties

WORDS = st.sampled_from(
    [
        *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "LIMIT", "("),
        *(")", ",", "=", "<", "'x'", "5", "null", "TODAY", "LAST_N_DAYS:3", "ORDER"),
        *("BY", "Id", "Contact", "LastName", "Account.Name", "COUNT()", "INCLUDES"),
        *(
            "GROUP",
            "2026-01-01",
            "NULLS",
            "FIRST",
            "DESC",
            "OFFSET",
            "'",
            "FIELDS(ALL)",
        ),
    ]
)
FUZZED = make_org()


def refusal_of(act, text):
    """The code with which the text is refused, or None."""
    try:
        act(text)
    except Refusal as refusal:
        return refusal.code
    return None


@settings(deadline=None, max_examples=200)
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_row_of_words_is_answered_or_refused(words):
    code = refusal_of(FUZZED.query, f"SELECT Id FROM Contact {words}")

    assert code is None or code.startswith(("MALFORMED_", "INVALID_"))


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text):
    assert refusal_of(parse, text) in {None, "MALFORMED_QUERY"}


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_quoted_text_comes_back_whole(text):
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")

    query = parse(f"SELECT Id FROM Contact WHERE LastName = '{quoted}'")

    assert query.where.value == text


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=20))
def test_a_text_is_like_itself(text):
    import re

    escaped = re.sub(r"([%_])", r"\\\1", text)

    assert re.fullmatch(like_pattern(escaped), text, re.DOTALL)


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from([*PLAIN, *COUNTED]),
    st.integers(min_value=1, max_value=400),
    st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)),
)
def test_spans_are_never_empty(word, count, today):
    first, after = span(word, count, today)

    assert first < after
    if word == "TODAY" or word.startswith("THIS_"):
        assert first <= today < after


def test_tokens_know_their_place():
    query = "SELECT Id FROM Contact WHERE CreatedDate >= 2026-11-21T09:00:00.000Z"

    for token in tokens(query)[:-1]:
        assert query[token.at :].startswith(token.text)
    assert parse(query).where.value == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_groups_can_be_ordered(people):
    soql = "SELECT LastName, COUNT(Id) n FROM Contact GROUP BY LastName ORDER BY {}"

    by_name = people.query(soql.format("LastName DESC"))
    by_count = people.query(soql.format("n, LastName"))

    assert [each["LastName"] for each in by_name] == ["Turing", "O'Hara", "Lovelace"]
    assert [each["LastName"] for each in by_count] == ["Lovelace", "O'Hara", "Turing"]
    with pytest.raises(Refusal, match="must be grouped"):
        people.query(soql.format("Email"))


@pytest.mark.parametrize("shape", ["= '{}'", "IN ('{}', '003000000000009AAA')"])
@pytest.mark.parametrize("field", ["Id", "ContactId", "Contact.Id"])
def test_rows_are_found_by_ids_of_either_length(people, shape, field):
    case = people.query("SELECT Id, ContactId FROM Case WHERE Subject = 'Of Ada'")[0]
    record_id = case["Id"] if field == "Id" else case["ContactId"]

    for given_id in (record_id, record_id[:15], record_id.lower()):
        found = people.query(
            f"SELECT Id FROM Case WHERE {field} {shape.format(given_id)}"
        )
        assert [each["Id"] for each in found] == [case["Id"]]

    others = people.query(f"SELECT Id FROM Case WHERE {field} != '{record_id}'")
    assert len(others) == 1
