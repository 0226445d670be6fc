"""The entry point for web servers."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.chunked import measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = measured(get_wsgi_application())

if settings.DEMO_ORG:
    from config.demo.mounting import demo_org, mounted

    org = demo_org(
        client_id=settings.DEMO_CLIENT_ID, client_secret=settings.DEMO_CLIENT_SECRET
    )
    application = mounted(application, org)

# Every view is read now, and not by the first visitor. What there is then stays as long
# as the process: a collection of garbage that looks through all of it lets a request
# wait many times as long as others.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
