"""Django, started with the commands that workers run, for them to be copies of."""

import warnings

import django

warnings.simplefilter("ignore")
django.setup()

from municipalities.management.commands import run_worker, send_messages  # noqa: E402, F401
