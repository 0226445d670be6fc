"""SOAP: real clients understand it, and what is wrong is told as a typed fault."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess

import pytest
from django.test import Client as Browser
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from zeep import Client
from zeep.exceptions import Fault

from config.models import ApiKey
from config.rpc.operations import OPERATIONS
from config.rpc.soap.door import description
from config.rpc.soap.schema import XS, schema
from tests.factories.access import make_api_key
from tests.factories.callers import soap_client
from tests.factories.surveys import publish_survey

URL = "/api/soap/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TNS = "urn:tellback:api:1"


def envelope(body, header=""):
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns="{TNS}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


LIST = "<listSurveys/>"


@pytest.fixture
def post(client, db):
    secret = make_api_key()

    def post(content, *, key=secret, content_type="text/xml; charset=utf-8"):
        basic = base64.b64encode(f"key:{key}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if key else {}
        return client.generic(
            "POST", URL, content, content_type=content_type, headers=headers
        )

    return post


def fault(answer):
    """The code of the fault and the problem in its detail."""
    assert answer.status_code == 500, answer.content
    assert answer["Content-Type"].startswith("text/xml")
    tree = etree.fromstring(answer.content)
    told = tree.find(f".//{{{TNS}}}ServiceFault")
    rules = etree.XMLSchema(schema(OPERATIONS.values()))
    rules.assertValid(etree.ElementTree(told))
    code = tree.findtext(".//faultcode").removeprefix("soap:")
    return code, told.findtext(f"{{{TNS}}}type").removeprefix("urn:tellback:problem:")


def test_the_description_is_whole():
    tree = etree.fromstring(description("http://127.0.0.1/api/soap/"))

    names = {"w": "http://schemas.xmlsoap.org/wsdl/", "xs": XS}
    ports = tree.findall("w:portType/w:operation", names)
    assert [one.get("name") for one in ports] == list(OPERATIONS)
    for operation in ports:
        assert operation.findtext("w:documentation", None, names)
        assert operation.find("w:fault", names) is not None
    types = etree.tostring(tree.find("w:types/xs:schema", names))
    etree.XMLSchema(etree.fromstring(types))


def test_the_description_is_served(client, settings):
    assert client.get(URL)["Location"] == "?wsdl"
    answer = client.get(f"{URL}?WSDL")
    assert answer["Content-Type"].startswith("text/xml")
    assert answer.content == description(f"{settings.BASE_URL}{URL}")


def test_the_document_keeps_to_the_basic_profile():
    """The rules of WS-I BP 1.1 that a description can break."""
    tree = etree.fromstring(description("http://127.0.0.1/api/soap/"))
    names = {
        "w": "http://schemas.xmlsoap.org/wsdl/",
        "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    }
    assert (
        tree.find("w:types//*[@targetNamespace]", names).get("targetNamespace") == TNS
    )
    for part in tree.iterfind("w:message/w:part", names):  # R2204
        assert part.get("element")
        assert part.get("type") is None
    for message in tree.iterfind("w:message", names):  # R2210
        assert len(message) == 1
    binding = tree.find("w:binding/soap:binding", names)
    assert binding.get("style") == "document"
    assert binding.get("transport") == "http://schemas.xmlsoap.org/soap/http"  # R2702
    for body in tree.iterfind(".//soap:body", names):  # R2706, R2716
        assert body.get("use") == "literal"
        assert body.get("namespace") is None
    for told in tree.iterfind(".//soap:fault", names):  # R2721
        assert told.get("name") == told.getparent().get("name")
    for operation in tree.iterfind(".//soap:operation", names):  # R2745
        assert operation.get("soapAction")


def test_zeep_reads_types_and_faults(setting):
    client = soap_client(setting.address, setting.secret)

    page = client.service.dumpResponses(survey="support-csat", limit=2)
    found = client.service.getResponse(response=setting.responses[0])
    with pytest.raises(Fault) as error:
        client.service.getResponse(response="nonsense")

    assert (len(page.entries), page.more) == (2, True)
    assert found.completed_at.isoformat() == "2026-03-02T10:01:30+00:00"
    assert error.value.code == "soap:Client"


def test_the_key_may_be_in_the_header_element(setting):
    client = Client(f"{setting.address}/api/soap/?wsdl")

    found = client.service.getResponseCount(
        survey="support-csat", _soapheaders={"key": setting.secret}
    )

    assert found.completed == 3


PHP = """<?php
$client = new SoapClient($argv[1] . '/api/soap/?wsdl', [
    'login' => 'key', 'password' => $argv[2], 'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'exceptions' => true]);
$count = $client->getResponseCount(['survey' => 'support-csat'])->result;
$link = $client->createTrackingUrl(['deployment' => 'case-closed',
    'email' => 'php@example.com', 'records' => ['entry' => [
        ['name' => 'Case', 'value' => '500D000001AbCdEIAV']]]])->result;
$seen = []; $cursor = null;
do {
    $page = $client->dumpResponses(['survey' => 'support-csat', 'limit' => 2,
        'after' => $cursor])->result;
    foreach ($page->entries ?? [] as $entry) { $seen[] = $entry->key; }
    $cursor = $page->cursor;
} while ($page->more);
try {
    $client->getResponse(['response' => 'nonsense']); $fault = null;
} catch (SoapFault $error) { $fault = $error->detail->ServiceFault->type; }
echo json_encode(['count' => $count->completed, 'url' => $link->url, 'seen' => $seen,
    'fault' => $fault, 'functions' => count($client->__getFunctions())]);
"""


def test_php_calls_it(setting, tmp_path):
    if shutil.which("php") is None:
        pytest.skip("There is no PHP (on Debian: apt-get install php-cli php-soap).")
    modules = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True)
    if "soap" not in modules.stdout.split():
        pytest.skip("PHP has no SOAP (on Debian: apt-get install php-soap).")
    script = tmp_path / "client.php"
    script.write_text(PHP)

    ran = subprocess.run(
        ["php", str(script), setting.address, setting.secret],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    told = json.loads(ran.stdout)
    assert told["count"] == 3
    assert told["url"].startswith(f"{setting.address}/s/")
    assert told["seen"] == setting.responses
    assert told["fault"] == "urn:tellback:problem:not-found"
    assert told["functions"] == len(OPERATIONS)


def test_a_good_call_is_answered(post):
    publish_survey()

    answer = post(envelope(LIST))

    assert answer.status_code == 200
    tree = etree.fromstring(answer.content)
    assert tree.findtext(f".//{{{TNS}}}key") == "support-csat"
    assert answer["RateLimit"]
    body = tree.find(f"{{{SOAP}}}Body")[0]
    etree.XMLSchema(schema(OPERATIONS.values())).assertValid(etree.ElementTree(body))


def test_utf_16_is_taken(post):
    text = '<?xml version="1.0" encoding="UTF-16"?>' + envelope(LIST)

    answer = post(text.encode("utf-16"), content_type="text/xml; charset=utf-16")

    assert answer.status_code == 200


BOMB = """<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>"""
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense",
        b"<a/>",
        envelope("").encode(),
        envelope(LIST + LIST).encode(),
        envelope(LIST)[:-3].encode(),
        (BOMB + envelope("<getSurvey><survey>&c;</survey></getSurvey>")).encode(),
        (FILE + envelope("<getSurvey><survey>&a;</survey></getSurvey>")).encode(),
        (FILE + envelope(LIST)).encode("utf-16"),
        (FILE + envelope(LIST)).encode("utf-16-le"),
        (FILE + envelope(LIST)).encode("utf-16-be"),
        b'<?xml version="1.0" encoding="UTF-7"?>'
        + (FILE + envelope(LIST)).encode("utf-7"),
        (FILE + envelope(LIST)).encode("utf-32"),
        ("<a>" * 200 + "</a>" * 200).encode(),
        envelope("<x>" * 60 + "</x>" * 60).encode(),
        b'<?xml version="1.0" encoding="EBCDIC-CP-US"?>'
        + envelope(LIST).encode("cp037"),
        b"\x00" * 50,
    ],
)
def test_what_is_no_sound_envelope_is_refused(post, content):
    assert fault(post(content)) == ("Client", "parse-error")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<unknown/>", "unknown-operation"),
        ('<listSurveys xmlns="urn:other"/>', "unknown-operation"),
        ("<getSurvey/>", "invalid"),
        ("<getSurvey><survey/><survey/></getSurvey>", "invalid"),
        ("<getSurvey><other/></getSurvey>", "invalid"),
        ("<listSurveys><limit>ten</limit></listSurveys>", "invalid"),
        ("<listSurveys><limit>99999999999</limit></listSurveys>", "invalid"),
        ("<listSurveys><limit>0</limit></listSurveys>", "invalid"),
        ("<listSurveys><after>x</after></listSurveys>", "invalid"),
        (
            (
                "<dumpResponses><survey>s</survey><completed_after>2026-01-01T24:00:00"
                "</completed_after></dumpResponses>"
            ),
            "invalid",
        ),
        (
            (
                "<dumpResponses><survey>s</survey><completed_after>12000-01-01T00:00:00Z"
                "</completed_after></dumpResponses>"
            ),
            "invalid",
        ),
        ("<getSurvey><survey>nothing</survey></getSurvey>", "not-found"),
    ],
)
def test_a_wrong_call_is_a_typed_fault(post, body, kind):
    assert fault(post(envelope(body))) == ("Client", kind)


def test_the_schema_names_every_mistake(post):
    answer = post(envelope("<createTrackingUrl><nonsense/></createTrackingUrl>"))

    assert b"nonsense" in answer.content
    assert TNS.encode() + b"}" not in answer.content


def test_no_key_and_a_wrong_key_are_told_apart(post):
    assert fault(post(envelope(LIST), key="")) == ("Client", "not-authenticated")
    assert fault(post(envelope(LIST), key="x")) == ("Client", "authentication-failed")


@pytest.mark.parametrize("header", ["Basic !!!", "Basic //8=", "Basic ", "Digest x"])
def test_senseless_credentials_are_refused(client, db, header):
    answer = client.post(
        URL, envelope(LIST), content_type="text/xml", headers={"Authorization": header}
    )

    assert fault(answer)[1] in {"authentication-failed", "not-authenticated"}


def test_a_header_that_must_be_understood_is_refused(post):
    must = '<x xmlns="urn:x" s:mustUnderstand="1"/>'

    assert fault(post(envelope(LIST, must)))[0] == "MustUnderstand"
    other = must.replace("/>", ' s:actor="urn:somebody"/>')
    assert post(envelope(LIST, other)).status_code == 200
    assert post(envelope(LIST, '<x xmlns="urn:x"/>')).status_code == 200


def test_soap_1_2_is_told_the_version(post):
    newer = envelope(LIST).replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")

    assert fault(post(newer))[0] == "VersionMismatch"


def test_a_form_of_a_browser_is_no_call(post):
    answer = post(envelope(LIST), content_type="text/plain")

    assert fault(answer) == ("Client", "unsupported-media-type")
    assert fault(post(b"")) == ("Client", "unsupported-media-type")


def test_a_body_that_is_too_large_is_refused(post):
    answer = post(envelope(LIST) + " " * 3_000_000)

    assert fault(answer) == ("Client", "too-large")


def test_other_methods_are_refused(client):
    assert client.put(URL).status_code == 405


pieces = st.lists(
    st.sampled_from(
        [
            *("<getSurvey>", "</getSurvey>", "<survey>", "</survey>", "<listSurveys/>"),
            *(
                "<limit>",
                "</limit>",
                "x",
                "9" * 12,
                "&lt;",
                "&#0;",
                "&#x1F600;",
                "<!--",
            ),
            *("-->", "<![CDATA[", "]]>", "<?pi?>", ' xsi:nil="true"', "\x00", "\ud7ff"),
            *('<a xmlns="">', "</a>", "<s:Fault/>", "<createTrackingUrls>", "<links>"),
            *(
                "</links>",
                "</createTrackingUrls>",
                "<email>",
                "</email>",
                "<deployment>",
            ),
        ]
    ),
    max_size=12,
).map("".join)


@pytest.mark.django_db
@given(content=st.one_of(pieces.map(envelope).map(str.encode), st.binary(max_size=80)))
@settings(deadline=None, max_examples=150)
def test_whatever_comes_is_answered(content):
    if not ApiKey.objects.exists():
        SECRETS["one"] = make_api_key(calls_per_minute=10**6)
    basic = base64.b64encode(f"key:{SECRETS['one']}".encode()).decode()
    answer = Browser(headers={"Authorization": f"Basic {basic}"}).post(
        URL, content, content_type="text/xml"
    )

    if answer.status_code != 200:
        assert fault(answer)[0] != "Server"


SECRETS: dict[str, str] = {}
