"""Calculated checks of a report: sums and comparisons of what was answered.

An expression is written as people write it, with the names of questions and facts. An
amount that nobody has answered is not zero: a check that needs it cannot be made yet.

>>> check = parse("använt + att återbetala = utbetalat")
>>> check.sides({"använt": 80, "att återbetala": 15, "utbetalat": 100})
(95, 100)
>>> check.holds(95, 100), check.holds(100, 100)
(False, True)
>>> check.sides({"använt": 80, "att återbetala": None, "utbetalat": 100}) is None
True
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

Values = Mapping[str, int | None]

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "≠": operator.ne,
    "<=": operator.le,
    "≤": operator.le,
    ">=": operator.ge,
    "≥": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}

# The minus sign that people paste, besides the one on the keyboard.
SIGNS = {"+": 1, "-": -1, "−": -1}

TOKEN = re.compile(r" ?(<=|>=|[=≠≤≥<>()+−*-]|\d[\d ]*|[^\W\d][\w ]*)")
"""A sign, a number, or a name, which may have spaces in it."""

LONGEST = 300
"""Characters in an expression."""
DEEPEST = 10
"""Parentheses in an expression."""


class ExpressionError(ValueError):
    """The text is not an expression; the message is a code that a page puts into words."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(code, found)
        self.code = code
        self.found = found


@dataclass(frozen=True, slots=True)
class Expression:
    """A comparison of two sums."""

    left: "Sum"
    sign: str
    right: "Sum"

    @property
    def names(self) -> list[str]:
        """The names that it mentions, each once, in order."""
        return list(dict.fromkeys([*self.left.names(), *self.right.names()]))

    def sides(self, values: Values) -> tuple[int, int] | None:
        """Return what each side comes to, or none where something is unanswered."""
        left, right = self.left.value(values), self.right.value(values)
        return None if left is None or right is None else (left, right)

    def holds(self, left: int, right: int) -> bool:
        """Return whether the comparison is true of the two sums."""
        return COMPARISONS[self.sign](left, right)


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms that are added: each a sign and the names or numbers that it multiplies."""

    terms: tuple[tuple[int, tuple["str | int | Sum", ...]], ...]

    def names(self) -> Iterable[str]:
        """Yield the names as they stand."""
        for _sign, parts in self.terms:
            for part in parts:
                if isinstance(part, str):
                    yield part
                elif isinstance(part, Sum):
                    yield from part.names()

    def value(self, values: Values) -> int | None:
        """Return the sum in whole numbers, or none where something is unanswered."""
        total = 0
        for sign, parts in self.terms:
            product = sign
            for part in parts:
                number: int | None
                if isinstance(part, Sum):
                    number = part.value(values)
                else:
                    number = values[part] if isinstance(part, str) else part
                if number is None:
                    return None
                product *= number
            total += product
        return total


def normal(name: str) -> str:
    """Return a name as it is looked up: case and spaces do not matter."""
    return _plain(name).lower()


def _plain(text: str) -> str:
    """Return the text with one kind of space, and "å" as one letter."""
    return " ".join(normalize("NFC", text).split())


def is_name(text: str) -> bool:
    """Return whether an expression can mention something by the name.

    >>> is_name("att återbetala"), is_name("2:a året"), is_name("lön - resor")
    (True, False, False)
    """
    plain = _plain(text)
    return bool(TOKEN.fullmatch(plain)) and (plain[0].isalpha() or plain[0] == "_")


def parse(text: str) -> Expression:
    """Return the expression, or raise ExpressionError with what is wrong."""
    if len(text) > LONGEST:
        raise ExpressionError("too_long", str(LONGEST))
    if text.count("(") > DEEPEST:
        raise ExpressionError("too_deep", str(DEEPEST))
    reader = _Reader(_tokens(text))
    left = reader.sum()
    sign = reader.take()
    if sign not in COMPARISONS:
        raise ExpressionError("comparison_lacking", sign)
    right = reader.sum()
    if extra := reader.take():
        raise ExpressionError("too_much", extra)
    return Expression(left, sign, right)


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = _plain(text)
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise ExpressionError("unknown_sign", text[place:].strip()[:1])
        tokens.append(match[1].strip())
        place = match.end()
    return tokens


class _Reader:
    """Reads tokens from the left: sums of products of names, numbers and parentheses."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def take(self) -> str:
        return self.tokens.pop(0) if self.tokens else ""

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def sum(self) -> Sum:
        first = self.take() if self.peek() in SIGNS else "+"
        terms = [(SIGNS[first], self.product())]
        while self.peek() in SIGNS:
            terms.append((SIGNS[self.take()], self.product()))
        return Sum(tuple(terms))

    def product(self) -> tuple[str | int | Sum, ...]:
        parts = [self.part()]
        while self.peek() == "*":
            self.take()
            parts.append(self.part())
        return tuple(parts)

    def part(self) -> str | int | Sum:
        if self.peek() == "(":
            self.take()
            inner = self.sum()
            if self.take() != ")":
                raise ExpressionError("parenthesis_open")
            return inner
        token = self.take()
        if token[:1].isdecimal():
            return int(re.sub(r"\D", "", token))
        if token[:1].isalpha() or token[:1] == "_":
            return normal(token)
        raise ExpressionError("value_lacking", token)
