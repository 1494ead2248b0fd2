"""The migrations give the very database that the models describe, triggers included."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).parents[2]

SHAPE = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, character_maximum_length,
            numeric_precision, numeric_scale
        FROM information_schema.columns WHERE table_schema = 'public'
        AND table_name <> 'django_migrations'
        -- Django's own migrations keep the type of their time for this key.
        AND (table_name, column_name) <> ('auth_group_permissions', 'id')
    """,
    "constraints": """
        SELECT conrelid::regclass::text, regexp_replace(conname, '_[0-9a-f]{8}_', '_'),
            pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text <> 'django_migrations' AND contype <> 'n'
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
    """,
}


def shape(cursor):
    """Return what the database consists of, as sets of rows."""
    found = {}
    for name, query in SHAPE.items():
        cursor.execute(query)
        found[name] = set(cursor.fetchall())
    return found


@pytest.fixture
def migrated(django_db_setup, django_db_blocker):
    """A cursor in a new database that has been migrated from nothing."""
    with django_db_blocker.unblock(), connection.cursor():
        where = connection.get_connection_params()
    name = where.pop("dbname") + "_migrated"
    where = {
        key: value
        for key, value in where.items()
        if key in {"host", "port", "user", "password"}
    }
    url = "postgresql://{user}{password}@/{name}?host={host}&port={port}".format(
        user=quote(where.get("user", "")),
        password=":" + quote(where["password"]) if where.get("password") else "",
        name=name,
        host=quote(str(where.get("host", "")), safe=""),
        port=where.get("port") or 5432,
    )
    identifier = sql.Identifier(name)
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
        server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            subprocess.run(
                [sys.executable, "-W", "ignore", "manage.py", "migrate", "-v0"],
                cwd=ROOT,
                check=True,
                env=os.environ
                | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
            )
            with psycopg.connect(**where, dbname=name) as there:
                yield there.cursor()
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@pytest.mark.django_db
def test_migrations_give_what_the_models_describe(migrated):
    with connection.cursor() as cursor:
        described = shape(cursor)
    made = shape(migrated)

    nothing = {name: set() for name in SHAPE}
    assert {name: made[name] - described[name] for name in SHAPE} == nothing
    assert {name: described[name] - made[name] for name in SHAPE} == nothing
