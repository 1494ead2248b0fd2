"""Templates in which what only the language decides is written once for each language.

Django looks up every ``{% translate %}`` and ``{% static %}`` each time a page is written.
They and the text between them are two thirds of a page's pieces, and the same in every
answer. So neighbours of that kind become one piece when a template is read, and the first
answer in a language writes it.
"""

from collections.abc import Iterator
from itertools import groupby

from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Origin,
    Template,
    TextNode,
)
from django.template.context import Context
from django.template.defaulttags import CommentNode, IfNode, LoadNode
from django.template.loaders import base, cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class FoldingLoader(base.Loader):
    """A loader that folds each template before anybody else can see it."""

    def get_template(
        self, template_name: str, skip: list[Origin] | None = None
    ) -> Template:
        """Return the template, folded."""
        template = super().get_template(template_name, skip)
        fold(template.nodelist)
        return template


class Loader(cached.Loader, FoldingLoader):
    """Django's own loader, which keeps the templates, over one that folds them."""


class Fixed(Node):
    """Neighbours that say the same in every answer in one language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        """Keep the nodes, which write the text, and take the place of the first."""
        self.nodes = nodes
        self.texts: dict[str | None, SafeString] = {}
        self.token, self.origin = nodes[0].token, nodes[0].origin

    def render(self, context: Context) -> SafeString:
        """Return the text in the reader's language."""
        language = get_language()
        text = self.texts.get(language)
        if text is None:
            text = self.texts[language] = NodeList(self.nodes).render(context)
        return text


def fold(nodes: NodeList) -> None:
    """Put one piece where neighbours are fixed, here and in every block within."""
    folded: list[Node] = []
    for fixed, run in groupby(nodes, is_fixed):
        found = list(run)
        folded += [Fixed(found)] if fixed and len(found) > 1 else found
    for node in folded:
        for inner in blocks_of(node):
            fold(inner)
    nodes[:] = folded


def blocks_of(node: Node) -> Iterator[NodeList]:
    """Yield the lists of nodes within a node."""
    if isinstance(node, IfNode):
        yield from (inner for _condition, inner in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        inner = getattr(node, name, None)
        if inner:
            yield inner


def is_fixed(node: Node) -> bool:
    """Return whether nothing but the language decides what the node writes."""
    if isinstance(node, TextNode | CommentNode | LoadNode):
        return True
    if type(node) is TranslateNode:
        meant = node.message_context
        return (
            not node.asvar
            and is_literal(node.filter_expression)
            and (meant is None or is_literal(meant))
        )
    return type(node) is StaticNode and not node.varname and is_literal(node.path)


def is_literal(expression: FilterExpression) -> bool:
    """Return whether an expression is a text between quotation marks, without a filter."""
    return not expression.filters and getattr(expression.var, "lookups", None) is None
