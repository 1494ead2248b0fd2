"""The project's settings, whatever the shell has set."""

import os

os.environ.update(DEBUG="1", DEMO_MODE="0", HTTPS="0", EMAIL_URL="")

from config.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES["default"]["TEST"] = {  # noqa: F405
    "NAME": "test_stimulansmedel" + os.environ.get("TEST_DB_SUFFIX", "")
}

# Static files come straight from their folders: nothing is collected in a test.
WHITENOISE_AUTOREFRESH = True
