"""Every text that a person meets is there in Swedish."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "config" / "locale" / "sv" / "LC_MESSAGES" / "django.po"
SOURCES = ["config", "municipalities", "grants", "invoices", "reporting", "templates"]


def identity(entry):
    return entry.msgctxt, entry.msgid


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The texts in the code and the templates, as ``makemessages`` finds them."""
    if not shutil.which("xgettext"):
        pytest.skip("xgettext is missing: install gettext")
    folder = tmp_path_factory.mktemp("texts")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name)
    shutil.rmtree(folder / "config" / "locale")
    (folder / "locale").mkdir()
    subprocess.run(
        [
            "python",
            "-W",
            "ignore",
            "-m",
            "django",
            "makemessages",
            "-l",
            "sv",
            "--no-location",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )
    return polib.pofile(str(folder / "locale" / "sv" / "LC_MESSAGES" / "django.po"))


def test_every_text_is_in_the_catalogue(sources):
    known = {identity(entry) for entry in polib.pofile(str(CATALOGUE))}

    missing = sorted(
        entry.msgid
        for entry in sources
        if not entry.obsolete and identity(entry) not in known
    )
    assert missing == []


def test_catalogue_holds_nothing_that_is_not_used(sources):
    used = {identity(entry) for entry in sources if not entry.obsolete}

    unused = sorted(
        entry.msgid for entry in polib.pofile(str(CATALOGUE)) if identity(entry) not in used
    )
    assert unused == []


def test_every_text_is_translated_and_none_is_fuzzy():
    catalogue = polib.pofile(str(CATALOGUE))

    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("pattern", [r"%\((\w+)\)[sd]", r"\{(\w*)\}"])
def test_translations_keep_their_placeholders(pattern):
    wrong = [
        entry.msgid
        for entry in polib.pofile(str(CATALOGUE))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if text
        and set(re.findall(pattern, text))
        - set(re.findall(pattern, entry.msgid + (entry.msgid_plural or "")))
    ]
    assert wrong == []
