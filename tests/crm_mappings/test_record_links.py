"""Records of responses lead to the org, when it is clear which one."""

import pytest
from django.core.cache import cache

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.record_links import record_link
from responses import record_links

pytestmark = pytest.mark.django_db
CASE = "500Tb0000000001IAA"


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    yield
    cache.clear()


def connect(key, instance):
    connection = connections.create(key=key, name=key, client_id="id")
    Connection.objects.filter(pk=connection.pk).update(instance_url=instance)


def test_the_record_of_the_only_org_is_linked():
    connect("one", "https://one.my.salesforce.com")

    assert record_links.link("Case", CASE) == f"https://one.my.salesforce.com/{CASE}"


def test_with_two_orgs_nothing_is_linked():
    connect("one", "https://one.my.salesforce.com")
    connect("two", "https://two.my.salesforce.com")

    assert record_link("Case", CASE) == ""


def test_what_is_no_salesforce_id_is_not_linked():
    connect("one", "https://one.my.salesforce.com")

    assert record_link("Order", "javascript:alert(1)") == ""


def test_a_page_of_rows_asks_once(django_assert_num_queries):
    connect("one", "https://one.my.salesforce.com")

    with django_assert_num_queries(1):
        assert all(record_link("Case", CASE) for _row in range(20))
