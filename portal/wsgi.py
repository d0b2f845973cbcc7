"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# This process serves: settings give it the role that row-level security binds.
os.environ["PORTAL_SERVES"] = "1"

application = get_wsgi_application()

from companies.partners.serving import check_at_start  # noqa: E402 - Django must be set up first

check_at_start()
