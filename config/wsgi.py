"""The entry point for web servers."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.chunked import measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = measured(get_wsgi_application())

if settings.DEMO_ORG:
    from config.demo.mounting import demo_org, mounted

    org = demo_org(
        client_id=settings.DEMO_CLIENT_ID, client_secret=settings.DEMO_CLIENT_SECRET
    )
    application = mounted(application, org)
