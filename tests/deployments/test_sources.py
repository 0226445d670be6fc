"""Feeds make themselves known; this room asks them and knows no vendor."""

from __future__ import annotations

import pytest

from deployments import sources
from deployments.sources import EventSource, UnknownSource


class Shop:
    """A small feed, such as another system would bring."""

    key = "shop"

    def choices(self):
        return [("shop:main", "Main shop"), ("shop:outlet", "Outlet")]

    def objects(self, source):
        return [("Order", f"Order of {source}")]

    def fields(self, source, object_name):
        return [("email", f"{object_name} e-mail at {source}")]


@pytest.fixture
def shop(db):
    before = dict(sources._sources)
    feed: EventSource = Shop()
    sources.register(feed)
    yield feed
    sources._sources.clear()
    sources._sources.update(before)


def test_a_registered_feed_offers_its_sources(shop):
    assert ("shop:outlet", "Outlet") in sources.all_choices()


def test_a_source_value_leads_to_its_feed(shop):
    feed = sources.get("shop:main")

    assert feed.objects("shop:main") == [("Order", "Order of shop:main")]
    assert feed.fields("shop:main", "Order") == [("email", "Order e-mail at shop:main")]


def test_registering_again_takes_the_place(shop):
    other = Shop()
    sources.register(other)

    assert sources.get("shop:main") is other
    assert sources.all_choices().count(("shop:main", "Main shop")) == 1


def test_a_source_that_nobody_feeds_is_named():
    with pytest.raises(UnknownSource, match="Nothing feeds events from fax:1"):
        sources.get("fax:1")


@pytest.mark.parametrize("key", ["", "a:b"])
def test_a_key_must_be_a_word(key):
    feed = Shop()
    feed.key = key

    with pytest.raises(ValueError, match="without a colon"):
        sources.register(feed)
