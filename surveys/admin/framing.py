"""What lets a page of the admin frame another of our own, and no one else."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_replace
from django.views.decorators.clickjacking import xframe_options_sameorigin

# Of the page inside.
framed = (csp_replace({"frame-ancestors": [SELF]}), xframe_options_sameorigin)
# Of the page around it.
frames = csp_replace({"frame-src": [SELF]})
