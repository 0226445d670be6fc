"""Every operation gives the same results and the same errors over all protocols."""

from __future__ import annotations

import uuid

import pytest

from config.rpc.operations import OPERATIONS
from deployments.models import Cap, Deployment, Invitation
from responses.models import Response
from surveys.mistakes import flatten
from surveys.models import Survey
from tests.config.rpc.conftest import tidy
from tests.factories.access import make_api_key
from tests.factories.callers import PROTOCOLS, Refused
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED
from tests.factories.surveys import publish_survey, survey_document

PAGES = {"listSurveys": "surveys", "getUnsubscribedAddresses": "addresses"}


@pytest.fixture
def everywhere(setting):
    """Call over each protocol; return the one answer, or raise the one error."""

    def ask(name, /, *, secret=None, **values):
        answers = {}
        for protocol, caller in PROTOCOLS.items():
            call = caller(setting.address, secret or setting.secret)
            try:
                answer = call(name, **values)
                answers[protocol] = tidy(normal(name, protocol, answer)) or None
            except Refused as error:
                answers[protocol] = refusal(name, error)
        assert answers["soap"] == answers["rest"], answers
        assert answers["xmlrpc"] == answers["rest"], answers
        told = answers["rest"]
        return told[0] if isinstance(told, tuple) else told

    return ask


# What every operation may be answered with, beside what it declares.
COMMON = {"invalid", "authentication-failed", "permission-denied"}


def refusal(name, error):
    """The type, the status and the words; of mistakes, each protocol names the places
    in its own way, behind the words."""
    code = error.type.removeprefix("urn:tellback:problem:")
    assert code in COMMON | set(OPERATIONS[name].errors), (name, code)
    words = "The request has errors."
    said = words if code == "invalid" and error.said.startswith(words) else error.said
    return error.type, error.status, said


def normal(name, protocol, answer):
    """REST has forms of its own for lists; and what is random is only looked at."""
    if name == "createTrackingUrl":
        answer = answer[0] if protocol == "rest" else answer
    if name == "createTrackingUrls":
        answer = answer if isinstance(answer, list) else answer["links"]
        for link in answer:  # by field, where types are not fixed
            wrong = link.get("problems") or {}
            link["problems"] = (
                list(flatten(wrong)) if isinstance(wrong, dict) else wrong
            )
    if name in PAGES:  # zeep makes nothing of a page without members
        answer = (answer or {}).get("results" if protocol == "rest" else PAGES[name])
    if name == "dumpResponses" and protocol != "rest":
        answer = [flat(entry) for entry in answer["entries"]]
    if name == "deleteResponse":
        answer = None
    if name == "getSurvey":
        answer = [opened(answer)]
    return answer


def flat(entry):
    if entry["response"] is None:
        return {name: entry[name] for name in ("cursor", "change", "key", "at")}
    return {"cursor": entry["cursor"], **entry["response"]}


def opened(survey):
    """What questions of some kinds have beside is `more`, where types are fixed."""
    for page in survey.get("pages") or []:
        page.update(tidy({"more": page.pop("more", None)}).get("more", {}))
        for question in page["questions"]:
            more = tidy({"more": question.pop("more", None)}).get("more", {})
            question.update(more)
            question["required"] = question.get("required", False)
    return survey


def ada(**more):
    return {"deployment": "case-closed", "email": "ada@example.com", **more}


def test_surveys_are_listed(everywhere):
    publish_survey(survey_document(key="other"))

    assert [one["key"] for one in everywhere("listSurveys")] == [
        "other",
        "support-csat",
    ]
    assert not everywhere("listSurveys", status="draft")
    assert everywhere("listSurveys", status="lost").endswith(":invalid")


def test_a_survey_is_read(everywhere):
    (survey,) = everywhere("getSurvey", survey="support-csat")

    assert survey["pages"][1]["show_if"] == {"question": "nps", "op": "le", "value": 6}
    assert everywhere("getSurvey", survey="nothing").endswith(":not-found")


def test_a_tracking_url_is_made_once(everywhere):
    person = ada(
        name="Ada",
        language="de",
        event_key="1-closed",
        records={"Case": "500D000001AbCdEIAV"},
        variables={"agent": "E-17"},
    )
    # The first of the three made it, so the second round is the same for all.
    with pytest.raises(AssertionError, match="created"):
        everywhere("createTrackingUrl", **person)
    link = everywhere("createTrackingUrl", **person)

    assert link["url"].endswith(f"/s/{link['token']}/")
    assert link["created"] is False


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"email": "nonsense"}, "invalid"),
        ({"deployment": "nothing"}, "invalid"),
        ({"variables": {"unknown": "x"}}, "invalid"),
        ({"language": "no language"}, "invalid"),
        ({"records": {"no object!": "x"}}, "invalid"),
        ({"name": "x" * 300}, "invalid"),
    ],
)
@pytest.mark.parametrize("name", ["createTrackingUrl", "sendInvitation"])
def test_a_wrong_person_is_refused(everywhere, name, change, kind):
    assert everywhere(name, **ada() | change) == f"urn:tellback:problem:{kind}"


def test_many_tracking_urls_are_made(everywhere):
    links = [
        {"email": f"p{number}@example.com", "event_key": "e"} for number in range(5)
    ]
    with pytest.raises(AssertionError, match="created"):
        everywhere("createTrackingUrls", deployment="case-closed", links=links)
    found = everywhere("createTrackingUrls", deployment="case-closed", links=links)

    assert [one["email"] for one in found] == [one["email"] for one in links]
    links[3]["email"] = "nonsense"
    wrong = everywhere("createTrackingUrls", deployment="case-closed", links=links)
    assert wrong.endswith(":invalid")
    none = everywhere("createTrackingUrls", deployment="case-closed", links=[])
    assert none.endswith(":invalid")


def test_a_batch_is_made_in_part(everywhere):
    links = [
        {"email": "p1@example.com", "event_key": "e", "segment": "gold"},
        {"email": "nonsense", "variables": {"unknown": "x"}},
        {"email": "p2@example.com", "event_key": "e"},
    ]
    asked = {"deployment": "case-closed", "links": links, "partial": True}
    with pytest.raises(AssertionError, match="created"):
        everywhere("createTrackingUrls", **asked)
    first, wrong, last = everywhere("createTrackingUrls", **asked)

    assert first["url"]
    assert last["url"]
    assert not wrong.get("url")
    assert [one["path"] for one in wrong["problems"]] == ["email"]
    assert Invitation.objects.get(email="p1@example.com").segment == "gold"


def test_a_dump_has_the_statuses_and_fields_that_are_asked_for(everywhere, setting):
    Response.objects.filter(key=setting.responses[1]).update(status="screened_out")
    every = {"survey": "support-csat", "status": "all"}

    assert len(everywhere("dumpResponses", **every)) == 3
    (out,) = everywhere("dumpResponses", survey="support-csat", status="screened_out")
    some = everywhere("dumpResponses", **every, fields="key, answer.csat")
    whole = everywhere("dumpResponses", **every, fields="answers,variables")
    worded = everywhere("dumpResponses", **every, labels=True, language="de")

    assert out["key"] == setting.responses[1]
    assert some[0] == {
        "cursor": some[0]["cursor"],
        "key": setting.responses[0],
        "answers": {"csat": 4},
    }
    assert whole[0]["answers"]["nps"] == 9
    assert worded[0]["answers"]["topics"] == ["Tempo", "Qualität"]
    assert "email" not in whole[2]
    for wrong in ({"status": "lost"}, {"fields": "answer.nothing"}):
        answer = everywhere("dumpResponses", **{**every, **wrong})
        assert answer == "urn:tellback:problem:invalid"


PARTS = {
    "listSurveys": ({}, "key,status"),
    "getSurvey": ({"survey": "support-csat"}, "title, default_language"),
    "getResponseCount": ({"survey": "support-csat"}, "total"),
    "getResponse": ({}, "key,email,completed_at"),
    "getUnsubscribedAddresses": ({}, "email"),
    "getSendStatistics": ({"deployment": "case-closed"}, "sent,invited"),
}


@pytest.mark.parametrize("name", PARTS)
def test_an_answer_has_the_fields_that_are_asked_for(everywhere, setting, name):
    values, names = PARTS[name]
    if name == "getResponse":
        values = {"response": setting.responses[2]}

    told = everywhere(name, **values, fields=names)

    one = told[0] if isinstance(told, list) else told
    assert set(one) == set(names.replace(" ", "").split(","))
    wrong = everywhere(name, **values, fields=f"{names},nonsense")
    assert wrong == "urn:tellback:problem:invalid"


def test_every_operation_with_fields_is_tried():
    sparse = {name for name, one in OPERATIONS.items() if one.sparse}

    assert sparse == {*PARTS, "dumpResponses"}


def test_a_deployment_that_is_not_live_asks_nobody(everywhere):
    Deployment.objects.update(status="paused")

    for name in ("createTrackingUrl", "sendInvitation"):
        assert everywhere(name, **ada()).endswith(":deployment-not-live")


def test_an_invitation_is_sent_once(everywhere):
    with pytest.raises(AssertionError, match="created"):
        everywhere("sendInvitation", **ada(event_key="closed"))
    sent = everywhere("sendInvitation", **ada(event_key="closed"))

    assert (sent["mail"], sent["created"]) == ("waiting", False)
    no = everywhere("sendInvitation", **ada(email="no@example.com"))
    assert no.endswith(":address-suppressed")


def test_a_reminder_is_sent_once(everywhere, setting):
    outcomes = []
    for caller in PROTOCOLS.values():
        call = caller(setting.address, setting.secret)
        try:
            outcomes.append(call("sendReminder", invitation=setting.invitation)["mail"])
        except Refused as error:
            outcomes.append(error.type)

    refused = "urn:tellback:problem:reminder-refused"
    assert outcomes == ["waiting", refused, refused]
    unknown = everywhere("sendReminder", invitation=str(uuid.uuid4()))
    assert unknown.endswith(":not-found")
    assert everywhere("sendReminder", invitation="nonsense").endswith(":not-found")


def test_responses_are_counted(everywhere):
    assert everywhere("getResponseCount", survey="support-csat")["completed"] == 3
    assert everywhere("getResponseCount", survey="nothing").endswith(":invalid")


def test_responses_are_dumped(everywhere, setting):
    whole = everywhere("dumpResponses", survey="support-csat")
    rest = everywhere("dumpResponses", survey="support-csat", after=whole[0]["cursor"])
    page = everywhere("dumpResponses", survey="support-csat", limit=2)

    assert [one["key"] for one in whole] == setting.responses
    assert (rest, page) == (whole[1:], whole[:2])
    assert everywhere("dumpResponses", survey="nothing").endswith(":invalid")
    wrong = everywhere("dumpResponses", survey="support-csat", after="x")
    assert wrong.endswith(":invalid")
    none = everywhere("dumpResponses", survey="support-csat", limit=0)
    assert none.endswith(":invalid")


def test_a_response_is_read(everywhere, setting):
    told = everywhere("getResponse", response=setting.responses[2])

    assert told["answers"]["why"].endswith("two lines 😀")
    assert told["email"] == "ada@example.com"
    assert everywhere("getResponse", response=str(uuid.uuid4())).endswith(":not-found")
    assert everywhere("getResponse", response="nonsense").endswith(":not-found")


def test_a_response_is_erased(everywhere, setting):
    everywhere("deleteResponse", response=setting.responses[0])

    assert Response.objects.get(key=setting.responses[0]).status == "erased"
    unknown = everywhere("deleteResponse", response=str(uuid.uuid4()))
    assert unknown.endswith(":not-found")


def test_unsubscribed_addresses_are_listed(everywhere):
    (one,) = everywhere("getUnsubscribedAddresses")

    assert (one["email"], one["reason"]) == ("no@example.com", "opted_out")


def test_invitations_are_counted(everywhere):
    told = everywhere("getSendStatistics", deployment="case-closed")

    assert (told["invited"], told["sent"]) == (2, 1)
    assert everywhere("getSendStatistics", deployment="no").endswith(":not-found")


REQUIRED = {
    "listSurveys": {},
    "getSurvey": {"survey": "support-csat"},
    "createTrackingUrl": ada(),
    "createTrackingUrls": {
        "deployment": "case-closed",
        "links": [{"email": "ada@example.com"}],
    },
    "sendInvitation": ada(),
    "sendReminder": {"invitation": str(uuid.uuid4())},
    "getResponseCount": {"survey": "support-csat"},
    "dumpResponses": {"survey": "support-csat"},
    "getResponse": {"response": str(uuid.uuid4())},
    "deleteResponse": {"response": str(uuid.uuid4())},
    "getUnsubscribedAddresses": {},
    "getSendStatistics": {"deployment": "case-closed"},
}


def test_this_file_knows_every_operation():
    assert set(REQUIRED) == set(OPERATIONS)


NOTHING = str(uuid.uuid4())
# For each error of an operation's own: what is asked, of which state of things.
ERRORS = {
    ("getSurvey", "not-found"): {"survey": "nothing"},
    ("createTrackingUrl", "deployment-not-live"): ada(deployment="asleep"),
    ("createTrackingUrls", "deployment-not-live"): {
        "deployment": "asleep",
        "links": [{"email": "ada@example.com"}],
    },
    ("sendInvitation", "deployment-not-live"): ada(deployment="asleep"),
    ("sendInvitation", "address-suppressed"): ada(email="no@example.com"),
    ("sendInvitation", "asked-enough"): ada(deployment="full"),
    ("sendReminder", "not-found"): {"invitation": NOTHING},
    ("sendReminder", "reminder-refused"): {"invitation": "answered"},
    ("getResponse", "not-found"): {"response": NOTHING},
    ("deleteResponse", "not-found"): {"response": NOTHING},
    ("getSendStatistics", "not-found"): {"deployment": "nothing"},
}


def test_every_error_that_an_operation_declares_is_met_everywhere(everywhere, setting):
    assert set(ERRORS) == {
        (name, code) for name, one in OPERATIONS.items() for code in one.errors
    }
    make_deployment(Survey.objects.get(), key="asleep", status="paused")
    full = make_deployment(Survey.objects.get(), key="full")
    Cap.objects.create(name="Nobody", most=0, deployment=full)
    Invitation.objects.update(completed_at=STARTED)
    for (name, code), values in ERRORS.items():
        answered = {"invitation": setting.invitation}
        asked = answered if values == {"invitation": "answered"} else values
        assert everywhere(name, **asked) == f"urn:tellback:problem:{code}", name


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_asks_for_its_key_and_scope(everywhere, name):
    values = REQUIRED[name]
    wrong = make_api_key("mappings:write")

    unknown = everywhere(name, secret="tb_wrong", **values)
    assert unknown.endswith(":authentication-failed")
    assert everywhere(name, secret=wrong, **values).endswith(":permission-denied")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_limited_in_calls(setting, name):
    for protocol, caller in PROTOCOLS.items():
        secret = make_api_key(calls_per_minute=1)
        call, kinds = caller(setting.address, secret), []
        for _ in range(3):
            try:
                call(name, **REQUIRED[name])
            except Refused as error:
                kinds.append(error.type)
        assert kinds[-1] == "urn:tellback:problem:throttled", protocol
