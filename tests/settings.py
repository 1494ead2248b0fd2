"""The project's settings, whatever the shell has set."""

import os

os.environ.update(DEBUG="1", DEMO_MODE="0", HTTPS="0", EMAIL_URL="")

from config.settings import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A connection kept by the live server's threads would hold the test database.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
DATABASES["default"]["TEST"] = {  # noqa: F405
    "NAME": "test_stimulansmedel" + os.environ.get("TEST_DB_SUFFIX", "")
}

# Static files come straight from their folders: nothing is collected in a test.
WHITENOISE_AUTOREFRESH = True

# The tests' tables are made from the models, which is ten times as fast as the migrations;
# tests/config/test_migrations.py shows that both give the same database.
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True
