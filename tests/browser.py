"""A real browser for the tests: start, sign in, look, and ask axe what is wrong."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TypeVar

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or which("chromium")
    or which("chromium-browser")
    or "/usr/bin/chromium"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 768, 1280)
RULES_OF_COLOUR = ("color-contrast", "link-in-text-block")
EVERYWHERE: list[tuple[int, str, tuple[str, ...]]] = [
    *((width, "light", ()) for width in WIDTHS),
    # What is dark differs in its colours alone.
    *((width, "dark", RULES_OF_COLOUR) for width in WIDTHS),
]
"""Every width in light and dark, with axe's rules there; none named: all."""


@contextmanager
def launch() -> Iterator[Browser]:
    """Start Chromium, and stop it afterwards. Without it a test skips, but not in CI."""
    if not Path(CHROMIUM).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{CHROMIUM} is missing.")
    # Playwright keeps an event loop in this thread; the tests' queries there are harmless.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def open_page(browser: Browser, width=1280, scheme="light", **options) -> Page:
    """Return an empty page in a window of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale="sv-SE",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(10_000)
    return context.new_page()


def sign_in(page: Page, url: str, user) -> None:
    """Sign the person in without the login page."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


Found = TypeVar("Found")


class PageLeftError(Exception):
    """Another page came while the one before was looked at."""


def faults(page: Page) -> list[str]:
    """Return what is wrong with the page: wider than its window, and what axe finds."""
    return once_it_stays(page, lambda: [*too_wide(page), *axe(page)])


def faults_everywhere(page: Page) -> dict[str, list[str]]:
    """Return what is wrong with the page as it stands, by the window it is wrong in.

    It is the same page in each, so that it is not opened again. The window is wide and
    light afterwards.
    """
    return once_it_stays(page, lambda: look_everywhere(page))


def look_everywhere(page: Page) -> dict[str, list[str]]:
    """Return what is wrong with the page that is there."""
    found = {}
    with axe_beside(page) as find:
        for width, scheme, rules in EVERYWHERE:
            show(page, width, scheme)
            if wrong := [*too_wide(page), *find(*rules)]:
                found[f"{width} {scheme}"] = wrong
    show(page, 1280, "light")
    return found


def show(page: Page, width: int, scheme: str) -> None:
    """Show the page in such a window."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def once_it_stays(page: Page, look: Callable[[], Found]) -> Found:
    """Return what is seen of the page, and not of the one before."""
    settle(page)
    try:
        return look()
    except PageLeftError:  # it was the one before: the new one was on its way
        settle(page)
        return look()


def settle(page: Page) -> None:
    """Wait until the page is there, and nothing in it is pale because it is asked anew."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request")).to_have_count(0)


def axe(page: Page) -> list[str]:
    """Return what axe finds wrong on the page: rule, element and reason."""
    with axe_beside(page) as find:
        return find()


@contextmanager
def axe_beside(page: Page) -> Iterator[Callable[..., list[str]]]:
    """Give a function that lets axe look at the page, with all rules or those named.

    It is run as from the developer's console, which the page's policy does not touch.
    """
    console = page.context.new_cdp_session(page)
    console.send("Runtime.evaluate", {"expression": AXE.read_text()})

    def find(*rules: str) -> list[str]:
        # Without preload, which copies the style sheets into style elements.
        options = {"preload": False, "resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = rules
        look = {
            "expression": f"axe.run(document, {json.dumps(options)})",
            "awaitPromise": True,
            "returnByValue": True,
        }
        try:
            answer = console.send("Runtime.evaluate", look)
        except Error as failure:
            raise PageLeftError from failure
        if "value" not in answer["result"]:
            raise PageLeftError(str(answer))
        found = answer["result"]["value"]
        return [
            f"{violation['id']}: {' '.join(map(str, node['target']))}: "
            f"{node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    yield find
    console.detach()


def too_wide(page: Page) -> list[str]:
    """Return how much wider than its window the page is, if it is."""
    # Until our letters are there, others stand in for them, and some are wider.
    measure = (
        "document.fonts.ready.then(() => "
        "document.documentElement.scrollWidth - document.documentElement.clientWidth)"
    )
    try:
        wider = page.evaluate(measure)
    except Error as failure:
        raise PageLeftError from failure
    return [f"{wider} px wider than the window"] if wider > 0 else []


def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page in ``.data/screenshots``, and return its file."""
    file = Path(settings.BASE_DIR) / ".data" / "screenshots" / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)
    return file
