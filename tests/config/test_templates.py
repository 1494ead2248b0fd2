"""Templates are folded, and say the same as Django's own do."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from config.templates import Fixed

PAGE = """{% load i18n static %}
<h1 title="{% translate "Sum" %}">{% translate "Amount, SEK" %}</h1>
<link href="{% static "base.css" %}">{# a note #}{% translate "Sum" as sum %}
{% if name %}<b>{% translate "Sum" %}</b> {{ name }}{% else %}{% translate "n" %}{% endif %}
{% for each in "ab" %}{% translate "Sum" %} {{ each }}{% empty %}{% endfor %}
{% translate "Change" context "difference" %} {% translate name %} {{ sum }}
{% static file %}"""


def engine_over(folder: Path, loader: str) -> Engine:
    """Return an engine that reads templates from the folder."""
    return Engine(
        loaders=[(loader, [("django.template.loaders.filesystem.Loader", [folder])])],
        libraries={
            "i18n": "django.templatetags.i18n",
            "static": "django.templatetags.static",
        },
    )


@pytest.fixture
def engines(tmp_path):
    """Return our engine and Django's own, over one page."""
    (tmp_path / "page.html").write_text(PAGE)
    django = "django.template.loaders.cached.Loader"
    return engine_over(tmp_path, "config.templates.Loader"), engine_over(tmp_path, django)


def kinds(nodes):
    """Return what the pieces of a page are."""
    return [type(node).__name__ for node in nodes]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", ["", "Sum", "<b>"])
def test_a_folded_template_says_the_same_in_every_language(engines, language, name):
    values = {"name": name, "file": "base.js"}
    ours, djangos = (engine.get_template("page.html") for engine in engines)

    for chosen in (language, "sv", "en", language):
        with translation.override(chosen):
            expected = djangos.render(Context(values))
            assert ours.render(Context(values)) == expected
    assert "/static/base.css" in expected


def test_what_depends_on_more_than_the_language_is_not_folded(engines):
    page = engines[0].get_template("page.html").nodelist

    assert kinds(page) == [
        *("Fixed", "TranslateNode", "TextNode", "IfNode", "TextNode", "ForNode"),
        *("Fixed", "TranslateNode", "TextNode", "VariableNode", "TextNode", "StaticNode"),
    ]
    [(_name, named), (_none, nameless)] = page[3].conditions_nodelists
    assert kinds(named) == ["Fixed", "VariableNode"]
    assert kinds(nameless) == ["TranslateNode"]
    assert kinds(page[5].nodelist_loop) == ["Fixed", "VariableNode"]


def test_the_product_uses_it():
    [engine] = settings.TEMPLATES
    [(loader, _within)] = engine["OPTIONS"]["loaders"]
    assert loader == f"{Fixed.__module__}.Loader"
