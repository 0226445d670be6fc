"""Addresses of this room."""

from django.urls import path

from crm_mappings import setting_up, views

urlpatterns = [
    path(
        "salesforce/setup/<int:trigger_pk>/",
        setting_up.show,
        name="salesforce-setup",
    ),
    path(
        "salesforce/setup/<int:trigger_pk>/deploy/",
        setting_up.deploy,
        name="salesforce-deploy",
    ),
    path(
        "salesforce/setup/<int:trigger_pk>/package.zip",
        setting_up.package,
        name="salesforce-package",
    ),
    path(
        "hooks/salesforce/<str:secret>/",
        views.salesforce_hook,
        name="salesforce-hook",
    ),
    path(
        "oauth/salesforce/<int:pk>/start/",
        views.start_log_in,
        name="salesforce-login",
    ),
    path(
        "oauth/salesforce/callback/",
        views.finish_log_in,
        name="salesforce-callback",
    ),
]
