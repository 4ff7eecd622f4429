"""The entry for other WSGI servers; the hub itself is served through `hub.rsgi`."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from hub.embedded import launch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

if os.environ.get("HUB_SUPERVISED"):
    # A web process whose server was killed would go on holding the port.
    launch.end_with_parent(signal.SIGKILL)

application = get_wsgi_application()
