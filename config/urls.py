"""Every address, gathered from the rooms."""

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import crm_mappings.api
import deployments.api
import responses.api
import responses.scheduled.api
import responses.webhooks.api
import surveys.api
from config import health, metrics, openapi  # noqa: F401 - registers itself
from config.rpc.soap.door import soap
from config.rpc.xmlrpc.door import xmlrpc

# Swagger UI styles its own elements; this one page allows that.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

api = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    *surveys.api.routes,
    *deployments.api.routes,
    *responses.api.routes,
    *responses.webhooks.api.routes,
    *responses.scheduled.api.routes,
    *crm_mappings.api.routes,
]

urlpatterns = [
    # First, as most requests come here.
    path("", include("deployments.urls")),
    path("", include("responses.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("api/soap/", soap, name="soap"),
    path("api/xmlrpc/", xmlrpc, name="xmlrpc"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.Metrics.as_view(), name="metrics"),
    path("", include("surveys.urls")),
    path("", include("crm_mappings.urls")),
]

handler400 = "config.problems.bad_request"
handler404 = "config.problems.not_found"
handler500 = "config.problems.server_error"
