"""A client of Java: made by `wsimport` of the description that the system serves, typed
by it, and called with the key in the header element."""

from __future__ import annotations

import json
import shutil

import pytest

from config.rpc.operations import OPERATIONS
from tests.journeys.test_clients import run

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

PROGRAM = """
import tellback.*;

public class Main {
    public static void main(String[] told) throws Exception {
        Tellback port = new Tellback_Service().getTellbackPort();
        String key = told[0];
        SurveyPage page = port.listSurveys("live", null, 100, null, key);
        String keys = page.getSurveys().stream().map(one -> one.getKey())
            .collect(java.util.stream.Collectors.joining(" "));
        Integer completed = port.getResponseCount("support-csat", null, key).getCompleted();
        DumpPage dump = port.dumpResponses(
            "support-csat", null, 1, null, null, null, null, null, null, null, key);
        String refused = null;
        try {
            port.getSurvey("nothing", null, key);
        } catch (ServiceFault_Exception error) {
            refused = error.getFaultInfo().getType();
        }
        System.out.printf(
            "{\\"surveys\\": \\"%s\\", \\"completed\\": %d, \\"dumped\\": %d, \\"refused\\": \\"%s\\"}",
            keys, completed, dump.getEntries().size(), refused);
    }
}
"""


def test_java_is_made_of_the_description_and_calls(system, tmp_path):
    wsimport = shutil.which("wsimport")
    if wsimport is None or shutil.which("javac") is None:
        pytest.skip(
            "There is no wsimport (on Debian: apt-get install jaxws). The description "
            "was compiled by wsimport and by Apache CXF where there are some."
        )
    wsdl = f"{system.ports.base_url}/api/soap/?wsdl"
    run(wsimport, "-keep", "-p", "tellback", "-XadditionalHeaders", wsdl, cwd=tmp_path)
    (tmp_path / "Main.java").write_text(PROGRAM)
    path = ".:/usr/share/java/jaxws-tools.jar"
    run("javac", "-cp", path, "Main.java", cwd=tmp_path)

    key = system.made["api_key"]
    told = json.loads(run("java", "-cp", path, "Main", key, cwd=tmp_path))

    port = (tmp_path / "tellback" / "Tellback.java").read_text()
    assert all(f" {name}(" in port for name in OPERATIONS)
    assert "support-csat" in told["surveys"].split()
    assert told["completed"] >= told["dumped"]
    assert told["refused"] == "urn:tellback:problem:not-found"
