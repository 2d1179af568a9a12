"""Formulas as MathML, written from left to right.

A formula is built from strings and from what the functions here return. Strings are split at
spaces: each word is a number, an operator, or else an identifier.
"""

import html
import re
from dataclasses import dataclass

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_OPERATORS = frozenset("+−=≤≥<>·/()[],|′∫Σ∏∂∇⇒⇔≈∝→‖")


@dataclass(frozen=True)
class Markup:
    """A piece of MathML."""

    text: str


Part = Markup | str


def math(*parts: Part, block: bool = False) -> str:
    """A whole formula: an element that can stand in a sentence, or, as a block, on its own."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{row(*parts).text}</math>"


def row(*parts: Part) -> Markup:
    """The parts side by side, as one."""
    return Markup(f"<mrow>{''.join(_markup(part) for part in parts)}</mrow>")


def fraction(above: Part, below: Part) -> Markup:
    """`above` over `below`."""
    return Markup(f"<mfrac>{row(above).text}{row(below).text}</mfrac>")


def power(base: Part, exponent: Part) -> Markup:
    """`base` with a raised `exponent`."""
    return Markup(f"<msup>{row(base).text}{row(exponent).text}</msup>")


def index(base: Part, subscript: Part) -> Markup:
    """`base` with a lowered `subscript`."""
    return Markup(f"<msub>{row(base).text}{row(subscript).text}</msub>")


def upright(word: str) -> Markup:
    """A function's or quantity's name of several letters, such as ln or diag."""
    return Markup(f"<mi>{html.escape(word)}</mi>")


def _markup(part: Part) -> str:
    if isinstance(part, Markup):
        return part.text
    return "".join(_token(word) for word in part.split())


def _token(word: str) -> str:
    kind = "mn" if _NUMBER.fullmatch(word) else "mo" if word in _OPERATORS else "mi"
    return f"<{kind}>{html.escape(word)}</{kind}>"
