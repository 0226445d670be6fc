"""XML-RPC: real clients understand it, and whatever comes is answered by a fault."""

from __future__ import annotations

import json
import shutil
import subprocess
import xmlrpc.client
from datetime import datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.models import ApiKey
from config.rpc.operations import OPERATIONS
from config.rpc.xmlrpc import wire
from config.rpc.xmlrpc.door import MOST_CALLS
from surveys.models import Level, Survey
from tests.factories.access import make_api_key
from tests.factories.surveys import publish_survey

URL = "/api/xmlrpc/"


@pytest.fixture
def post(client, db):
    secret = make_api_key()

    def post(content, *, key=secret):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.post(URL, content, content_type="text/xml", headers=headers)

    return post


@pytest.fixture
def call(post):
    def call(method, *arguments, key=None):
        body = xmlrpc.client.dumps(arguments, method, allow_none=True)
        answer = post(body) if key is None else post(body, key=key)
        assert answer.status_code == 200
        return xmlrpc.client.loads(answer.content, use_builtin_types=True)[0][0]

    return call


@pytest.fixture
def proxy(setting):
    address = setting.address.replace("//", f"//key:{setting.secret}@")
    return xmlrpc.client.ServerProxy(
        f"{address}{URL}", allow_none=True, use_builtin_types=True
    )


def fault(answer):
    assert answer.status_code == 200
    with pytest.raises(xmlrpc.client.Fault) as error:
        xmlrpc.client.loads(answer.content)
    kind = error.value.faultString.split(": ")[0]
    return error.value.faultCode, kind.removeprefix("urn:tellback:problem:")


def test_a_client_asks_what_there_is(proxy):
    methods = proxy.system.listMethods()

    assert {f"survey.{name}" for name in OPERATIONS} < set(methods)
    for method in methods:
        assert proxy.system.methodHelp(method)
        assert proxy.system.methodSignature(method)[0][0]


def test_help_says_parameters_scope_and_faults(call):
    told = call("system.methodHelp", "survey.createTrackingUrl")

    assert "event_key: string or nil." in told
    assert "Scope: links:write" in told
    assert "Fault deployment-not-live" in told


def test_times_are_times_and_nothing_is_nil(proxy, setting):
    found = proxy.survey.getResponse({"response": setting.responses[0]})

    assert found["completed_at"] == datetime(2026, 3, 2, 10, 1, 30)  # noqa: DTZ001
    assert found["email"] is None
    assert found["answers"] == {"csat": 4, "nps": 9, "topics": ["speed", "quality"]}


def test_a_time_is_taken(proxy):
    late = datetime(2026, 3, 2, 12, 30)  # noqa: DTZ001

    page = proxy.survey.dumpResponses(
        {"survey": "support-csat", "completed_after": late}
    )

    assert len(page["entries"]) == 1


def test_the_key_may_be_the_first_argument(setting):
    proxy = xmlrpc.client.ServerProxy(setting.address + URL, allow_none=True)

    assert proxy.survey.listSurveys(setting.secret)["surveys"]
    found = proxy.survey.getResponseCount(setting.secret, {"survey": "support-csat"})
    assert found["completed"] == 3
    with pytest.raises(xmlrpc.client.Fault, match="authentication-failed"):
        proxy.survey.listSurveys("tb_wrong")


def test_several_calls_go_in_one(proxy, setting):
    several = xmlrpc.client.MultiCall(proxy)
    several.survey.getResponseCount({"survey": "support-csat"})
    several.survey.getSurvey({"survey": "nothing"})
    several.survey.getResponse({"response": setting.responses[0]})
    several.system.methodSignature("survey.getSurvey")

    told = several()

    assert told[0]["completed"] == 3
    with pytest.raises(xmlrpc.client.Fault, match="not-found") as fault:
        told[1]
    assert fault.value.faultCode == 404
    assert told[2] == proxy.survey.getResponse({"response": setting.responses[0]})
    assert told[3] == [["struct", "struct"], ["struct", "string", "struct"]]


def test_each_of_several_has_its_own_key(call):
    reads, erases = make_api_key("responses:read"), make_api_key("responses:erase")
    publish_survey()
    asked = {"survey": "support-csat"}

    told = several(
        call,
        ("survey.getResponseCount", reads, asked),
        ("survey.getResponseCount", erases, asked),
        ("survey.getResponseCount", "tb_wrong", asked),
        ("survey.getResponseCount", asked),
        ("survey.listSurveys", reads),
        ("survey.getResponseCount", reads, asked),
        key="",
    )

    assert [kind_of(one) for one in told] == [
        *(None, "permission-denied", "authentication-failed", "not-authenticated"),
        *("permission-denied", None),
    ]


def test_each_of_several_sees_what_the_maker_of_its_key_may_see(call):
    version = publish_survey()
    people = get_user_model().objects
    owner, other = people.create_user("owner"), people.create_user("other")
    Survey.objects.update(owner=owner, everyone=Level.NONE)
    theirs, mine = (make_api_key(created_by=one) for one in (owner, other))
    asked = {"survey": version.survey.key}

    told = several(
        call,
        ("survey.getSurvey", theirs, asked),
        ("survey.getSurvey", mine, asked),
        ("survey.getSurvey", "tb_wrong", asked),
        ("survey.getSurvey", theirs, asked),
        key="",
    )

    assert [kind_of(one) for one in told] == [
        *(None, "not-found", "authentication-failed", None)
    ]


def test_each_of_several_is_counted(post):
    cache.clear()
    calls = [{"methodName": "survey.listSurveys", "params": []}] * 3
    body = xmlrpc.client.dumps((calls,), "system.multicall")

    answer = post(body, key=make_api_key(calls_per_minute=2))

    (told,), _method = xmlrpc.client.loads(answer.content)
    assert [kind_of(one) for one in told] == [None, None, "throttled"]
    assert answer["RateLimit"].startswith('"key";r=0;')


@pytest.mark.parametrize(
    "one",
    [
        *("survey.listSurveys", {}, [], None, 7),
        {"methodName": "survey.listSurveys"},
        {"methodName": 7, "params": []},
        {"methodName": "survey.listSurveys", "params": {}},
        {"methodName": "survey.listSurveys", "params": [], "more": 1},
        {"methodName": "system.multicall", "params": [[]]},
    ],
)
def test_what_is_no_call_among_several_stops_no_other(call, one):
    good = {"methodName": "survey.listSurveys", "params": []}

    told = call("system.multicall", [one, good])

    assert [kind_of(each) for each in told] == ["invalid", None]


def test_of_several_calls_there_are_not_too_many(post, call):
    assert call("system.multicall", []) == []
    good = {"methodName": "system.listMethods", "params": []}
    assert len(call("system.multicall", [good] * MOST_CALLS)) == MOST_CALLS
    for arguments in ((), ({},), ([], []), ([good] * (MOST_CALLS + 1),)):
        body = xmlrpc.client.dumps(arguments, "system.multicall")
        assert fault(post(body)) == (400, "invalid")


def several(call, *calls, **options):
    asked = [{"methodName": name, "params": params} for name, *params in calls]
    return call("system.multicall", asked, **options)


def kind_of(told):
    """Of what came of one of several calls; None: its result."""
    if isinstance(told, list):
        assert len(told) == 1
        return None
    assert isinstance(told["faultCode"], int)
    return told["faultString"].split(": ")[0].removeprefix("urn:tellback:problem:")


NODE = """
const [address, key] = process.argv.slice(2);
const call = async (method, ...params) => {
  const value = (v) => v === null ? '<nil/>' : typeof v === 'number' ? `<int>${v}</int>`
    : typeof v === 'string' ? `<string>${v}</string>` : '<struct>'
    + Object.entries(v).map(([n, w]) => `<member><name>${n}</name><value>${value(w)}`
    + '</value></member>').join('') + '</struct>';
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName>`
    + `<params>${params.map((p) => `<param><value>${value(p)}</value></param>`).join('')}`
    + '</params></methodCall>';
  const answer = await fetch(address + '/api/xmlrpc/', {method: 'POST', body,
    headers: {'Content-Type': 'text/xml', Authorization: 'Basic ' + btoa('key:' + key)}});
  return [answer.status, await answer.text()];
};
(async () => {
  const good = await call('survey.getResponseCount', {survey: 'support-csat'});
  const bad = await call('survey.getResponseCount', {survey: 7});
  console.log(JSON.stringify({good, bad}));
})();
"""


def test_another_language_calls_it(setting, tmp_path):
    if shutil.which("node") is None:
        pytest.skip("There is no Node.js (on Debian: apt-get install nodejs).")
    script = tmp_path / "client.js"
    script.write_text(NODE)

    ran = subprocess.run(
        ["node", str(script), setting.address, setting.secret],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    told = json.loads(ran.stdout)
    assert xmlrpc.client.loads(told["good"][1])[0][0]["completed"] == 3
    with pytest.raises(xmlrpc.client.Fault, match="survey: This is a text"):
        xmlrpc.client.loads(told["bad"][1])


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
CALL = xmlrpc.client.dumps(({},), "survey.listSurveys")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"<methodCall/>",
        b"<methodCall><methodName/></methodCall>",
        (BOMB + CALL.removeprefix("<?xml version='1.0'?>\n")).encode(),
        (BOMB + CALL.removeprefix("<?xml version='1.0'?>\n")).encode("utf-16"),
        CALL[:-20].encode(),
        (
            b"<methodCall><params><param><value><int>x</int></value></param></params>"
            b"<methodName>survey.listSurveys</methodName></methodCall>"
        ),
        (
            b"<methodCall><methodName>a</methodName><params><param><value><struct>"
            b"<member><value>1</value></member></struct></value></param></params></methodCall>"
        ),
        xmlrpc.client.dumps(xmlrpc.client.Fault(1, "x")).encode(),
        b"\x00" * 9,
    ],
)
def test_what_is_no_call_is_refused(post, content):
    assert fault(post(content)) == (400, "parse-error")


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("survey.unknown", (), "unknown-operation"),
        ("listSurveys", (), "unknown-operation"),
        ("system.unknown", (), "unknown-operation"),
        ("__class__", (), "unknown-operation"),
        ("system.methodHelp", (), "invalid"),
        ("system.methodHelp", ("survey.unknown",), "unknown-operation"),
        ("survey.getSurvey", (), "invalid"),
        ("survey.getSurvey", ({"survey": 3},), "invalid"),
        ("survey.getSurvey", ({"survey": "x", "other": 1},), "invalid"),
        ("survey.getSurvey", ("support-csat",), "invalid"),
        ("survey.getSurvey", ({}, {}), "invalid"),
        ("survey.getSurvey", ([],), "invalid"),
        ("survey.getSurvey", ({"survey": "nothing"},), "not-found"),
        ("survey.createTrackingUrls", ({"deployment": "x", "links": "x"},), "invalid"),
        (
            "survey.createTrackingUrl",
            ({"deployment": "x", "email": "a@example.com", "records": {"Case": {}}},),
            "invalid",
        ),
    ],
)
def test_a_wrong_call_is_a_fault(post, method, arguments, kind):
    body = xmlrpc.client.dumps(arguments, method, allow_none=True)

    assert fault(post(body))[1] == kind


def test_without_a_key_the_fault_says_so(post):
    assert fault(post(CALL, key="")) == (401, "not-authenticated")


def test_a_body_that_is_too_large_is_refused(post):
    assert fault(post(CALL + " " * 3_000_000)) == (413, "too-large")


def test_other_methods_are_refused(client):
    assert client.get(URL).status_code == 405


def test_deep_nesting_hurts_nobody(post):
    deep = "<array><data><value>" * 20_000 + "</value></data></array>" * 20_000
    body = (
        "<methodCall><methodName>survey.listSurveys</methodName><params><param>"
        f"<value>{deep}</value></param></params></methodCall>"
    )

    assert fault(post(body))[1] in {"invalid", "parse-error"}


def test_large_numbers_and_strange_signs_are_written():
    content = wire.answer(
        {"many": 2**40, "sign": "\x0b\ud800", "none": None, "on": True}
    )

    (found,), _method = xmlrpc.client.loads(content)
    assert found == {"many": str(2**40), "sign": "��", "none": None, "on": True}


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**31), 2**31 - 1),
        st.floats(),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
        st.binary(max_size=9),
        st.datetimes(),
        st.sampled_from(["support-csat", "ada@example.com"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["survey", "deployment", "links", "email", "records", "limit", "after"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
calls = st.builds(
    lambda name, arguments: xmlrpc.client.dumps(
        tuple(arguments), f"survey.{name}", allow_none=True
    ).encode("utf-8", "replace"),
    st.sampled_from(sorted(OPERATIONS)),
    st.lists(values, max_size=2),
)
many = st.lists(
    st.one_of(
        values,
        st.fixed_dictionaries(
            {
                "methodName": st.sampled_from(
                    ["system.multicall", *(f"survey.{one}" for one in OPERATIONS)]
                ),
                "params": st.lists(values, max_size=2),
            }
        ),
    ),
    max_size=3,
).map(
    lambda asked: xmlrpc.client.dumps(
        (asked,), "system.multicall", allow_none=True
    ).encode("utf-8", "replace")
)
tags = st.lists(
    st.sampled_from(
        [
            *("<methodCall>", "</methodCall>", "<methodName>", "</methodName>"),
            *("survey.getSurvey", "<params>", "</params>", "<param>", "</param>"),
            *("<value>", "</value>", "<struct>", "</struct>", "<member>", "</member>"),
            *(
                "<name>",
                "</name>",
                "<array>",
                "<data>",
                "</data>",
                "</array>",
                "<nil/>",
            ),
            *("<int>", "</int>", "<i8>", "</i8>", "<dateTime.iso8601>", "20260101T00"),
            *(
                "</dateTime.iso8601>",
                "<bigdecimal>",
                "</bigdecimal>",
                "1e9",
                "<double>",
            ),
            *("</double>", "nan", "<boolean>", "</boolean>", "2", "<base64>", "&lt;"),
        ]
    ),
    max_size=20,
).map(lambda parts: "".join(parts).encode())


@pytest.mark.django_db
@given(content=st.one_of(calls, many, tags, st.binary(max_size=60)))
@settings(
    deadline=None,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whatever_comes_is_answered(content):
    if not ApiKey.objects.exists():
        publish_survey()
        SECRETS["one"] = make_api_key(calls_per_minute=10**6)
    client = Client(headers={"Authorization": f"Bearer {SECRETS['one']}"})

    answer = client.post(URL, content, content_type="text/xml")

    assert answer.status_code == 200
    problem = refusal(answer)
    assert problem is None or problem.faultCode < 500, problem
    assert "Traceback" not in str(problem)


def refusal(answer):
    try:
        xmlrpc.client.loads(answer.content, use_builtin_types=True)
    except xmlrpc.client.Fault as error:
        return error
    return None


SECRETS: dict[str, str] = {}
