"""Bring the database up to date and fill an empty one with demo data.

One process does it all, since most of a start is loading Django.
"""

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if settings.DEMO_MODE:
        call_command("demo")
