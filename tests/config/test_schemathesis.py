"""The API does what its OpenAPI document says, tried by a stranger's tool.

A few examples of each operation here; `SCHEMATHESIS_EXAMPLES=100` tries more.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from config.settings import ROOT
from config.wsgi import application
from tests.config.test_scopes import objects  # noqa: F401 - a fixture
from tests.factories.access import bearer, make_api_key

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3"))
RULES = SchemathesisConfig.from_path(ROOT / "tests" / "schemathesis.toml")


@pytest.fixture
def schema(transactional_db, objects, settings):  # noqa: F811
    settings.ALLOWED_HOSTS = ["localhost"]
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(document, config=RULES)
    schema.app = application
    return schema


def test_it_does_what_its_document_says(schema):
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKS.get_all_names()]
    headers = bearer(make_api_key(calls_per_minute=1_000_000))
    headers["Accept-Encoding"] = "identity"  # nothing unpacks between it and WSGI
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.generate],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def example(case):
                case.call_and_validate(headers=headers, checks=checks)

            example()
        tried += 1
    assert tried > 40
