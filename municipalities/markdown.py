"""Markdown to HTML and to plain text, with ``[[facts]]`` put in as they are.

HTML in the text is shown as it was typed; pictures and scripts do not exist. A fact is put
in after the text is read as Markdown, so that a title with a star in it stays a title.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from municipalities.numbers import NBSP

PLACEHOLDER = re.compile(r"\[\[([^\[\]\n]+)\]\]")
ALONE = re.compile(rf"\s*{PLACEHOLDER.pattern}\s*\Z")
SAFE_LINK = re.compile(r"(https?://|mailto:)[^\s]+\Z", re.IGNORECASE)

TOGETHER = re.compile(r"(?<=\d) (?=\d{3}\b|(?:kr|tkr|mkr|procent|%)(?!\w))")
"""A space within an amount or before its unit, where a line may not break."""

HEADING = "h3"
"""Every heading in a text: the memo's own are h1 and h2, and no level may be skipped."""


@dataclass(frozen=True, slots=True)
class Words:
    """What placeholders stand for while a text is rendered."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """The values; an empty one is shown as lacking."""
    addresses: frozenset[str] = frozenset()
    """Names of facts that are e-mail addresses."""
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Facts that are addresses on the web: the words that are linked, and the address."""
    blocks: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    """HTML, or plain text, that stands on its own lines."""
    keeps_lines: bool = False
    """Whether a new line is one for the reader too, as in a letter."""


def placeholders(text: str) -> list[str]:
    """Return the names that a text mentions, each once, in order.

    >>> placeholders("Senast [[sista dag]], dnr [[dnr]]. Alltså [[sista dag]].")
    ['sista dag', 'dnr']
    """
    return list(dict.fromkeys(normal(name) for name in PLACEHOLDER.findall(text)))


def normal(name: str) -> str:
    """Return a name as it is looked up: case and spaces do not matter."""
    return " ".join(name.split()).lower()


def render(text: str, words: Words) -> SafeString:
    """Return the text as HTML."""
    tokens = _parsed(TOGETHER.sub(NBSP, text), frozenset(words.blocks))
    html: str = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {"words": words})
    # Everything in it is escaped, or made by a template of ours.
    return mark_safe(html)


def plain(text: str, words: Words) -> str:
    """Return the text without any marks, for whoever reads no HTML.

    >>> plain("Hej **[[vem]]**!\\n\\n- ett\\n- två", Words(facts={"vem": "*Ada*"}))
    'Hej *Ada*!\\n\\n- ett\\n- två'
    """
    return _plain(_tree(text, frozenset(words.blocks)), words).strip()


# The same words go to hundreds of municipalities, each with facts of its own.
@lru_cache(maxsize=32)
def _parsed(text: str, blocks: frozenset[str]) -> list[Token]:
    """Return what a text is made of, which no fact changes."""
    words = Words(blocks=dict.fromkeys(blocks, str))
    return MARKDOWN.parse(text, {"words": words})


@lru_cache(maxsize=32)
def _tree(text: str, blocks: frozenset[str]) -> SyntaxTreeNode:
    return SyntaxTreeNode(_parsed(text, blocks))


def _plain(node: SyntaxTreeNode, words: Words) -> str:
    inside = [_plain(child, words) for child in node.children]
    match node.type:
        case "root":
            text = "\n\n".join(inside)
        case "fact":
            text = _plain_fact(node.content, words)
        case "memo_block":
            text = words.blocks[node.content]().strip()
        case "softbreak" | "hardbreak":
            text = "\n"
        case "hr":
            text = "---"
        case "blockquote":
            text = _indented("\n\n".join(inside), "> ", "> ")
        case "list_item":
            text = "\n".join(inside)
        case "bullet_list":
            text = "\n".join(_indented(item, "- ") for item in inside)
        case "ordered_list":
            numbers = itertools.count(int(node.attrs.get("start", 1)))
            text = "\n".join(_indented(item, f"{next(numbers)}. ") for item in inside)
        case "link" if node.info != "auto":
            address = str(node.attrs["href"]).removeprefix("mailto:")
            text = f"{''.join(inside)}: {address}"
        case _:
            text = "".join(inside) or node.content.rstrip("\n")
    return text


def _plain_fact(name: str, words: Words) -> str:
    if name in words.links:
        label, address = words.links[name]
        return f"{label}: {address}"
    return words.facts.get(name, "") or f"[{name} saknas]"


def _indented(text: str, first: str, rest: str | None = None) -> str:
    """Return the text with a mark before its first line, and the others in line with it."""
    rest = " " * len(first) if rest is None else rest
    return first + text.replace("\n", f"\n{rest}")


def _fact(state: StateInline, silent: bool) -> bool:
    """Read ``[[name]]`` within a line."""
    match = PLACEHOLDER.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("fact", "", 0)
        token.content = normal(match[1])
    state.pos = match.end()
    return True


def _block(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Read ``[[name]]`` alone on a line, where the name is a block's."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = ALONE.match(line)
    if not match or normal(match[1]) not in state.env["words"].blocks:
        return False
    if not silent:
        token = state.push("memo_block", "", 0)
        token.content = normal(match[1])
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _fact_html(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any
) -> str:
    name, words = tokens[index].content, env["words"]
    if name in words.links:
        label, address = words.links[name]
        return f'<a href="{escape(address)}">{escape(label)}</a>'
    value = words.facts.get(name, "")
    if not value:
        return f'<mark class="lacking">[{escape(name)} saknas]</mark>'
    if name in words.addresses:
        return f'<a href="mailto:{escape(value)}">{escape(value)}</a>'
    return _lines(escape(value), words)


def _lines(html: str, words: Words) -> str:
    return html.replace("\n", "<br>\n") if words.keeps_lines else html


def _softbreak_html(
    _renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: Any, env: Any
) -> str:
    return _lines("\n", env["words"])


def _paragraph_html(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """Begin a paragraph, marked when it is nothing but one of the given links."""
    inside = tokens[index + 1].children or []
    names = [child.content for child in inside if child.type == "fact"]
    if len(inside) == 1 and env["words"].links.keys() & set(names):
        tokens[index].attrSet("class", "action")
    else:
        tokens[index].attrs.pop("class", None)  # the same tokens serve other facts
    return renderer.renderToken(tokens, index, options, env)


def _block_html(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any
) -> str:
    html: str = env["words"].blocks[tokens[index].content]()
    return html


def _heading_html(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    tokens[index].tag = HEADING
    return renderer.renderToken(tokens, index, options, env)


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": False})
    markdown.disable(["image", "html_block", "html_inline", "entity"])
    markdown.inline.ruler.before("link", "fact", _fact)
    markdown.block.ruler.before(
        "paragraph", "memo_block", _block, {"alt": ["paragraph", "list", "blockquote"]}
    )
    markdown.validateLink = lambda url: bool(SAFE_LINK.match(url))  # type: ignore[method-assign]
    for name, rule in {
        "fact": _fact_html,
        "memo_block": _block_html,
        "softbreak": _softbreak_html,
        "paragraph_open": _paragraph_html,
        "heading_open": _heading_html,
        "heading_close": _heading_html,
    }.items():
        markdown.add_render_rule(name, rule)
    return markdown


MARKDOWN = _markdown()
