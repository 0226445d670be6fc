"""A back office asks, somebody answers, it reads and erases: with clients that others
wrote, over HTTP, against the system in processes of its own.

zeep and PHP's SoapClient speak SOAP, ServerProxy and Perl's RPC::XML speak XML-RPC; the
REST client is generated from the OpenAPI document that the system serves.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from subprocess import DEVNULL
from uuid import UUID

import pytest
import requests

from config.demo.loop import Loop
from config.rpc.operations import OPERATIONS
from tests.factories.callers import (
    Refused,
    by_soap,
    by_xmlrpc,
    from_soap,
    to_soap,
)

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

PHP = r"""
[$_, $address, $key, $name, $values] = $argv;
$client = new SoapClient("$address/api/soap/?wsdl", [
    'login' => 'key', 'password' => $key, 'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
try {
    echo json_encode(['result' => $client->$name(json_decode($values))->result]);
} catch (SoapFault $error) {
    $fault = get_object_vars($error->detail);
    echo json_encode(['fault' => reset($fault)->type]);
}
"""
PERL = r"""
use RPC::XML; use RPC::XML::Client; use JSON::PP;
$RPC::XML::ENCODING = 'utf-8'; $RPC::XML::ALLOW_NIL = 1;
$RPC::XML::FORCE_STRING_ENCODING = 1;
my ($address, $key, $name, $values) = @ARGV;
my $given = decode_json($values);
$given->{limit} = RPC::XML::int->new($given->{limit}) if $given->{limit};
my $client = RPC::XML::Client->new("$address/api/xmlrpc/");
my $told = $client->send_request("survey.$name", $key, $given);
die $told unless ref $told;
print encode_json($told->is_fault
    ? { fault => (split /: /, $told->string)[0] }
    : { result => $told->value });
"""
PERL_MANY = r"""
use RPC::XML; use RPC::XML::Client; use JSON::PP;
my ($address, $key) = @ARGV;
my $client = RPC::XML::Client->new("$address/api/xmlrpc/");
my $told = $client->send_request('system.multicall', [
    map +{ methodName => 'survey.getSurvey', params => [$key, { survey => $_ }] },
        'support-csat', 'nothing' ]);
die $told unless ref $told;
print encode_json($told->value);
"""


def needs(command: str, package: str, *probe: str) -> None:
    path = shutil.which(command)
    if path is None or subprocess.call([path, *probe], stdout=DEVNULL, stderr=DEVNULL):
        pytest.skip(f"There is no {command} with {package}.")


def run(*command: str, **options) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def told_by(*command: str):
    told = json.loads(run(*command))
    if "fault" in told:
        raise Refused(told["fault"])
    return told["result"]


def by_php(address, secret):
    needs("php", "php-soap", "-r", "exit(class_exists('SoapClient') ? 0 : 1);")

    def call(name, /, **values):
        body = json.dumps(to_soap(values))
        return from_soap(told_by("php", "-r", PHP, "--", address, secret, name, body))

    return call


def by_perl(address, secret):
    needs("perl", "librpc-xml-perl", "-MRPC::XML::Client", "-e", "1")

    def call(name, /, **values):
        return told_by("perl", "-e", PERL, address, secret, name, json.dumps(values))

    return call


def by_generated(address, secret, folder):
    """The client that openapi-python-client makes of what the system serves."""
    program = shutil.which("openapi-python-client", path=f"{sys.prefix}/bin")
    place = folder / "tellback_client"
    if not place.exists():
        run(
            *(program, "generate", "--url", f"{address}/api/v1/schema/?format=json"),
            *("--meta", "none", "--output-path", str(place)),
        )
        sys.path.insert(0, str(folder))
    package = importlib.import_module("tellback_client")
    client = package.AuthenticatedClient(base_url=address, token=secret)

    def call(name, /, **values):
        tag = OPERATIONS[name].rest.split()[1].split("/")[0].replace("-", "_")
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
        act = importlib.import_module(f"tellback_client.api.{tag}.{words}")
        models = importlib.import_module("tellback_client.models")
        if name == "createTrackingUrls":
            values = {"body": models.LinksRequest.from_dict(values)}
        elif name in {"getResponse", "deleteResponse"}:
            values = {"key": UUID(values["response"])}
        elif name == "getSurvey":
            values = {"key": values["survey"]}
        answer = act.sync_detailed(client=client, **values)
        if isinstance(answer.parsed, models.Problem):
            raise Refused(answer.parsed.type_)
        if name == "createTrackingUrls":
            return {"links": [one.to_dict() for one in answer.parsed]}
        if name == "dumpResponses":
            lines = [json.loads(line) for line in answer.parsed.splitlines()]
            entries = [{**line, "response": line} for line in lines]
            more = len(lines) == values["limit"]
            return {"entries": entries, "more": more, "cursor": lines[-1]["cursor"]}
        return None if answer.parsed is None else answer.parsed.to_dict()

    return call


CLIENTS = {
    "zeep": by_soap,
    "php": by_php,
    "serverproxy": by_xmlrpc,
    "perl": by_perl,
    "generated": by_generated,
}


@pytest.fixture(params=CLIENTS)
def client(request, system, tmp_path_factory):
    more = (tmp_path_factory.getbasetemp(),) if request.param == "generated" else ()
    make = CLIENTS[request.param]
    call = make(system.ports.base_url, system.made["api_key"], *more)
    call.name = request.param
    call.with_key = lambda key: make(system.ports.base_url, key, *more)
    return call


def test_a_back_office_asks_reads_and_erases(system, client):
    email = f"{client.name}@example.com"
    person = {
        "email": email,
        "event_key": "journey",
        "name": "Zoë Müßig <&>",
        "variables": {"agent": "E-17 “ü”"},
    }
    asked = {"deployment": "case-closed", "links": [person]}

    first, again = (links(client("createTrackingUrls", **asked))[0] for _ in "ab")
    count = completed(client)
    loop = Loop(ports=system.ports, org_login=system.org_login, say=print)
    loop.answer(first["url"])

    assert (first["created"], again["created"]) == (True, False)
    assert again["url"] == first["url"]
    assert completed(client) == count + 1
    entry = walk(client, email)
    assert entry["response"]["answers"]["why"] == "Nobody called me back. Grüße!"
    assert entry["response"]["variables"]["agent"] == "E-17 “ü”"
    told = client("getResponse", response=entry["key"])
    assert (told["email"], int(told["answers"]["nps"])) == (email, 6)
    assert told["answers"]["topics"] == ["speed", "quality"]
    client("deleteResponse", response=entry["key"])
    gone = client("getResponse", response=entry["key"])
    assert (gone["status"], gone["answers"]) in [("erased", {}), ("erased", None)]


def links(told):
    """zeep gives what is alone in its wrapper without the wrapper."""
    return told if isinstance(told, list) else told["links"]


def completed(client):
    """Perl knows no numbers that are not texts."""
    return int(client("getResponseCount", survey="support-csat")["completed"])


def walk(client, email):
    """Go through the dump, two at a time, as one who keeps the last cursor does."""
    after = None
    for _page in range(50):
        more = {"after": after} if after else {}
        page = client("dumpResponses", survey="support-csat", limit=2, **more)
        for entry in page["entries"]:
            if entry["response"] and entry["response"]["email"] == email:
                return entry
        after = page["cursor"]
        if not page["more"]:
            break
    raise AssertionError(f"{email} is not in the dump")


def test_a_refusal_has_its_type(client):
    with pytest.raises(Refused) as unknown:
        client("getSurvey", survey="nothing")
    with pytest.raises(Refused) as keyless:
        client.with_key("tb_wrong")("getResponseCount", survey="support-csat")

    assert unknown.value.type == "urn:tellback:problem:not-found"
    assert keyless.value.type == "urn:tellback:problem:authentication-failed"


def test_the_wsdl_compiles_with_a_generator_of_c_code(system, tmp_path):
    """gSOAP checks types, bindings and WS-I rules as Java and .NET generators do."""
    needs("wsdl2h", "gsoap", "-V")
    needs("soapcpp2", "gsoap", "-V")

    wsdl = f"{system.ports.base_url}/api/soap/?wsdl"
    run("wsdl2h", "-c", "-o", "tellback.h", wsdl, cwd=tmp_path)
    run(
        *("soapcpp2", "-c", "-C", "-I/usr/share/gsoap/import", "tellback.h"),
        cwd=tmp_path,
    )

    stub = (tmp_path / "soapClient.c").read_text()
    assert all(name in stub for name in OPERATIONS)


def test_the_system_serves_the_document_that_clients_are_made_of(system):
    answer = requests.get(
        f"{system.ports.base_url}/api/v1/schema/?format=json", timeout=30
    )

    assert answer.json()["openapi"].startswith("3.1")


def test_a_stranger_makes_several_calls_in_one(system):
    needs("perl", "librpc-xml-perl", "-MRPC::XML::Client", "-e", "1")
    address, key = system.ports.base_url, system.made["api_key"]

    found, missing = json.loads(run("perl", "-e", PERL_MANY, address, key))

    assert found[0]["key"] == "support-csat"
    assert int(missing["faultCode"]) == 404  # Perl reads it as a text
