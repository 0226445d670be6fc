"""Clients of other languages: PHP's SoapClient, gSOAP's generator, Perl's RPC::XML.

Each is skipped with what to install where it is absent; the gate installs them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from subprocess import DEVNULL

import pytest

from deployments.models import Invitation

PHP = r"""
$client = new SoapClient($argv[1] . '/api/soap/?wsdl', [
    'login' => 'key', 'password' => $argv[2], 'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$link = $client->createTrackingUrl([
    'deployment' => 'case-closed', 'email' => 'php@example.com', 'event_key' => 'php-1',
    'records' => ['entry' => [['name' => 'Case', 'value' => '500x']]],
])->result;
$page = $client->dumpResponses(['survey' => 'support-csat', 'limit' => 2])->result;
$erased = $client->deleteResponse(['response' => $argv[3]])->result;
try {
    $client->getResponse(['response' => 'none']);
    $fault = null;
} catch (SoapFault $error) {
    $fault = get_object_vars($error->detail);
    $fault = reset($fault)->type;
}
echo json_encode([
    'link' => $link, 'keys' => array_map(fn ($one) => $one->key, $page->entries),
    'more' => $page->more, 'erased' => $erased->erased, 'fault' => $fault,
    'count' => count($client->__getFunctions()),
]);
"""
PERL = r"""
use RPC::XML; use RPC::XML::Client; use JSON::PP;
my ($address, $key, $response) = @ARGV;
$RPC::XML::ENCODING = 'utf-8';
my $client = RPC::XML::Client->new("$address/api/xmlrpc/");
my $link = $client->simple_request('survey.createTrackingUrl', $key, {
    deployment => 'case-closed', email => 'perl@example.com', event_key => 'perl-1',
    records => { Case => RPC::XML::string->new('500x') },
});
my $page = $client->simple_request(
    'survey.dumpResponses', $key, { survey => 'support-csat', limit => 2 });
my $erased = $client->simple_request(
    'survey.deleteResponse', $key, { response => $response });
my $fault = $client->send_request('survey.getResponse', $key, { response => 'none' });
my $methods = $client->simple_request('system.listMethods');
print encode_json({
    link => $link, keys => [map { $_->{key} } @{ $page->{entries} }],
    more => $page->{more} ? JSON::PP::true : JSON::PP::false,
    erased => $erased->{erased} ? JSON::PP::true : JSON::PP::false,
    fault => (split /: /, $fault->string)[0], count => scalar(@$methods),
});
"""


def needs(command: str, package: str, *probe: str) -> None:
    path = shutil.which(command)
    if path is None or subprocess.call([path, *probe], stdout=DEVNULL, stderr=DEVNULL):
        pytest.skip(f"There is no {command} with {package}.")


def run(*command: str) -> dict:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def check(told: dict, setting, email: str) -> None:
    assert told["link"]["email"] == email
    assert Invitation.objects.get(email=email).records == {"Case": "500x"}
    assert told["keys"] == setting.responses[:2]
    assert told["more"] is True
    assert told["erased"] is True
    assert told["fault"] == "urn:tellback:problem:not-found"
    assert told["count"] >= 12


def test_php_soap_client(setting):
    needs("php", "php-soap", "-r", "exit(class_exists('SoapClient') ? 0 : 1);")

    told = run(
        "php", "-r", PHP, "--", setting.address, setting.secret, setting.responses[2]
    )

    check(told, setting, "php@example.com")


def test_perl_xmlrpc_client(setting):
    needs("perl", "librpc-xml-perl", "-MRPC::XML::Client", "-e", "1")

    told = run(
        "perl", "-e", PERL, setting.address, setting.secret, setting.responses[2]
    )

    check(told, setting, "perl@example.com")


def test_the_wsdl_compiles_with_a_generator_of_c_code(setting, tmp_path):
    """gSOAP checks types, bindings and WS-I rules as Java and .NET generators do."""
    needs("wsdl2h", "gsoap", "-V")
    needs("soapcpp2", "gsoap", "-V")

    wsdl = f"{setting.address}/api/soap/?wsdl"
    for command in (
        ["wsdl2h", "-c", "-o", "tellback.h", wsdl],
        ["soapcpp2", "-c", "-C", "-I/usr/share/gsoap/import", "tellback.h"],
    ):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    stub = (tmp_path / "soapClient.c").read_text()
    assert "createTrackingUrls" in stub
