"""Text in Markdown as paragraphs with runs, for a program that knows no Markdown."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from markdown_it.tree import SyntaxTreeNode

from municipalities.markdown import MARKDOWN, TOGETHER, Words
from municipalities.numbers import NBSP


@dataclass(frozen=True, slots=True)
class Run:
    """Some words that look the same."""

    text: str
    is_strong: bool = False
    is_emphasised: bool = False
    address: str = ""
    """Where they link to."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: ``body``, ``heading``, ``bullet``, ``number`` or ``quote``."""

    kind: str
    runs: tuple[Run, ...]
    depth: int = 0
    """How deep in lists it stands, from 1."""
    list_id: int = 0
    """Which numbered list it belongs to, from 1."""
    start: int = 1
    """What its list counts from."""
    is_continued: bool = False
    """Whether it goes on with the item before it."""

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(run.text for run in self.runs)


def paragraphs(text: str) -> list[Paragraph]:
    """Return what the text says.

    >>> [(each.kind, each.text) for each in paragraphs("# Ett\\n\\n- **två**\\n- tre")]
    [('heading', 'Ett'), ('bullet', 'två'), ('bullet', 'tre')]
    """
    tokens = MARKDOWN.parse(TOGETHER.sub(NBSP, text), {"words": Words()})
    lists = itertools.count(1)
    return list(_of(SyntaxTreeNode(tokens), Paragraph("body", ()), lists))


def _of(
    node: SyntaxTreeNode, around: Paragraph, lists: "itertools.count[int]"
) -> Iterator[Paragraph]:
    """Yield the paragraphs of a node that stands in what ``around`` describes."""
    match node.type:
        case "heading":
            yield replace(around, kind="heading", runs=_runs(node))
        case "paragraph":
            yield replace(around, runs=_runs(node))
        case "fence" | "code_block":
            yield replace(around, runs=(Run(node.content.rstrip("\n")),))
        case "hr":
            return
        case "bullet_list":
            inside = replace(around, kind="bullet", depth=around.depth + 1, list_id=0)
            yield from _items(node, inside, lists)
        case "ordered_list":
            inside = replace(
                around,
                kind="number",
                depth=around.depth + 1,
                list_id=next(lists),
                start=int(node.attrs.get("start", 1)),
            )
            yield from _items(node, inside, lists)
        case "blockquote":
            for child in node.children:
                yield from _of(child, replace(around, kind="quote"), lists)
        case _:
            for child in node.children:
                yield from _of(child, around, lists)


def _items(
    node: SyntaxTreeNode, inside: Paragraph, lists: "itertools.count[int]"
) -> Iterator[Paragraph]:
    for item in node.children:
        for place, child in enumerate(item.children):
            # The first has the item's mark; a list within it has marks of its own.
            yield from _of(child, replace(inside, is_continued=place > 0), lists)


def _runs(node: SyntaxTreeNode) -> tuple[Run, ...]:
    return tuple(run for child in node.children for run in _inline(child, Run("")))


def _inline(node: SyntaxTreeNode, look: Run) -> Iterator[Run]:
    match node.type:
        case "strong":
            look = replace(look, is_strong=True)
        case "em":
            look = replace(look, is_emphasised=True)
        case "link":
            look = replace(look, address=str(node.attrs["href"]))
        case "softbreak":
            yield replace(look, text=" ")
            return
        case "hardbreak":
            yield replace(look, text="\n")
            return
        case "fact":
            yield replace(look, text=f"[{node.content} saknas]")
            return
    if node.children:
        for child in node.children:
            yield from _inline(child, look)
    elif node.content:
        yield replace(look, text=node.content)
