"""An invented package whose one verb, `run`, uses names in every way that Python code can."""

from pathlib import Path

from lossbench.code.code_digest import Package

RUN = '''"""A verb."""

import math
from math import floor as rounded

import lab.deep.chain
from lab import attributes, whole
from lab.code.registry import Registry
from lab.direct import Base, decorated, direct as renamed, nested
from lab.house import shared
from lab.study.config import Outer
from lab.verbs import Out

try:
    from lab.tried import tried
except ImportError:
    tried = None

UNUSED = 1
LIMIT = 3
WORKS = {"plot": "lab.works.plot", "part": "lab.works.parts:wanted"}
PAGE = "page.html.j2"


class Shape(Base):
    side = LIMIT

    def area(self):
        return renamed(self.side)


def run(study: "Type", out: Out, default=attributes.fallback) -> None:
    """What it does."""
    import lab.started
    from lab.late import late, twice

    names = [idle for idle in study]
    Outer.load()
    checked(whole, PAGE, WORKS, attributes.used(), lab.deep.chain.link())
    return Shape(), late(), twice(), tried(), nested(), shared, rounded(1)


def checked(*values):
    return values, LOSSES["fixed"], LOSSES[values[0]], local(values)


def local(idle):
    total = idle
    return (lambda idle: idle + total)(1)


def idle(values):
    return values


def twice():
    return 1


def fixed():
    return 1


def one():
    return 1


def other():
    return 1


LOSSES: Registry[int] = {"fixed": fixed(), "one": one(), "other": other()}
'''

DIRECT = """from lab.side import effect


class Base:
    scale = 1
    hidden = None

    def use(self):
        return hidden()


def hidden():
    return 1


def decorated(function):
    return function


def direct(x):
    return x


@decorated
def nested():
    def inner():
        return [helper(x) for x in range(3)]

    return inner()


def helper(x):
    return x


def idle():
    return effect()
"""

MODELS = '''from lab.cards.loss import CARDS, FIRST
from lab.study.fields import Count, Frozen


class Inner(Frozen):
    count: Count = 1
    """How many."""

    def label(self):
        return f"{self.count} {CARDS} {FIRST}"


class Outer(Frozen):
    inner: tuple[Inner, ...]

    @model_validator(mode="after")
    def _check(self):
        return self
'''

SIDE = "import warnings\n\nwarnings.simplefilter('ignore')\n\n\ndef effect():\n    return 1\n"
FILES = {
    "__init__.py": "",
    "code/registry.py": "Registry = dict\n",
    "verbs/__init__.py": "Out = str\n",
    "verbs/run.py": RUN,
    "direct.py": DIRECT,
    "side.py": SIDE,
    "apart.py": SIDE,
    "attributes.py": "fallback = 1\n\n\ndef used():\n    return 1\n\n\ndef idle():\n    return 1\n",
    "whole.py": "def any():\n    return 1\n",
    "house/__init__.py": "from lab.house.room import shared\n",
    "house/room.py": "shared = 1\nidle = 1\n",
    "deep/__init__.py": "",
    "deep/chain.py": "def link():\n    return 1\n\n\ndef idle():\n    return 1\n",
    "late.py": "def late():\n    return 1\n\n\ndef twice():\n    return 1\n\n\nidle = 1\n",
    "started.py": "print()\n",
    "tried.py": "def tried():\n    return 1\n",
    "works/__init__.py": "",
    "works/plot.py": "def draw():\n    return 1\n",
    "works/parts.py": "def wanted():\n    return 1\n\n\ndef idle():\n    return 1\n",
    "house/templates/page.html.j2": "{% import 'blocks.html.j2' %}",
    "house/templates/blocks.html.j2": "block",
    "house/templates/idle.html.j2": "idle",
    "study/fields.py": "class Frozen:\n    pass\n\n\nCount = int\n",
    "study/config.py": MODELS,
    "cards/loss.py": 'CARDS: dict[str, int] = {"one": 1}\nFIRST = "one"\n',
}

Edit = tuple[str, str, str]
"""A file, what stands there, what shall stand there."""


def returned(file: str, name: str) -> Edit:
    """Let a function without arguments return another number."""
    return file, f"{name}():\n    return 1", f"{name}():\n    return 2"


def negated(name: str) -> Edit:
    """Let a function of `direct.py` return its argument with another sign."""
    return "direct.py", f"{name}(x):\n    return x", f"{name}(x):\n    return -x"


COUNTED: dict[str, Edit] = {
    "the verb's own text": ("verbs/run.py", "rounded(1)", "rounded(2)"),
    "a number's type": ("verbs/run.py", "rounded(1)", "rounded(1.0)"),
    "a library's function of the same name": ("verbs/run.py", "import floor", "import ceil"),
    "a function": ("verbs/run.py", "return values, ", "return "),
    "a constant in a class": ("verbs/run.py", "LIMIT = 3", "LIMIT = 4"),
    "a base class": ("direct.py", "scale = 1", "scale = 2"),
    "a function used in a method, under another name": negated("direct"),
    "a decorator": ("direct.py", "return function", "return None"),
    "a function used in a nested one": negated("helper"),
    "a default": ("attributes.py", "fallback = 1", "fallback = 2"),
    "a module's attribute": returned("attributes.py", "used"),
    "an attribute of an attribute": returned("deep/chain.py", "link"),
    "what a room passes on": ("house/room.py", "shared = 1", "shared = 2"),
    "an import inside a function": returned("late.py", "late"),
    "an import inside a function, of a name that the module has too": returned("late.py", "twice"),
    "a statement that an import inside a function runs": ("started.py", "print()", "print(1)"),
    "an import that may fail": ("tried.py", "return 1", "return 2"),
    "a function by the name of its class's attribute": returned("direct.py", "hidden"),
    "anything of a module that is passed on": ("whole.py", "return 1", "return 2"),
    "a new definition in such a module": ("whole.py", "def any", "more = 1\n\n\ndef any"),
    "a module that a text names": ("works/plot.py", "return 1", "return 2"),
    "a definition that a text names": returned("works/parts.py", "wanted"),
    "a template": ("house/templates/page.html.j2", "import", "include"),
    "a template in a template": ("house/templates/blocks.html.j2", "block", "blocks"),
    "a statement that an import runs": ("side.py", "'ignore'", "'error'"),
    "a new statement that an import runs": ("deep/__init__.py", "", "print()\n"),
    "a registry's wanted entry": ("verbs/run.py", '"one": one()', '"one": -one()'),
    "what the wanted entry names": returned("verbs/run.py", "one"),
    "an entry that the code itself names": returned("verbs/run.py", "fixed"),
    "a method of a model's field": ("study/config.py", "{self.count} ", "{self.count}-"),
    "a constant of the cards": ("cards/loss.py", 'FIRST = "one"', 'FIRST = "two"'),
}

NOT_COUNTED: dict[str, Edit] = {
    "a comment": ("verbs/run.py", "LIMIT = 3", "LIMIT = 3  # why"),
    "a docstring": ("verbs/run.py", '"""What it does."""', '"""What it did."""'),
    "no docstring": ("verbs/run.py", '    """What it does."""\n', ""),
    "a module's docstring": ("verbs/run.py", '"""A verb."""', ""),
    "layout": ("verbs/run.py", "total = idle\n", "total = (\n        idle\n    )\n\n"),
    "an unused constant": ("verbs/run.py", "UNUSED = 1", "UNUSED = 2"),
    "a new function": ("direct.py", "def helper", "def new():\n    return 1\n\n\ndef helper"),
    "a function by the name of a local": ("verbs/run.py", "idle(values)", "idle(values, more=1)"),
    "a function by the name of a function's own import": returned("verbs/run.py", "twice"),
    "an unused attribute": returned("attributes.py", "idle"),
    "an unused function beside a used one": ("direct.py", "return effect()", "return -effect()"),
    "what only that one uses": ("side.py", "return 1", "return 2"),
    "an unused constant beside a used one": ("house/room.py", "idle = 1", "idle = 2"),
    "the type of a parameter": ("verbs/__init__.py", "Out = str", "Out = int"),
    "a definition beside one that a text names": returned("works/parts.py", "idle"),
    "a template that nothing names": ("house/templates/idle.html.j2", "idle", "other"),
    "a statement of a module that is not imported": ("apart.py", "'ignore'", "'error'"),
    "a registry's other entry": ("verbs/run.py", '"other": other()', '"other": -other()'),
    "what the other entry names": returned("verbs/run.py", "other"),
    "a new entry": ("verbs/run.py", '"other": other()', '"other": other(), "new": 1'),
    "a model's new field": ("study/config.py", "inner:", "count: Count = 2\n    inner:"),
    "a field's default": ("study/config.py", "count: Count = 1", "count: Count = 2"),
    "a field's description": ("study/config.py", "How many", "How much"),
    "a field's type": ("study/fields.py", "Count = int", "Count = float"),
    "a validator": ("study/config.py", "return self\n", "return None\n"),
    "a card": ("cards/loss.py", '{"one": 1}', '{"one": 2, "two": 3}'),
}


def write(folder: Path, files: dict[str, str] = FILES) -> Package:
    """The package `lab` with these files, in `folder`."""
    for name, text in files.items():
        path = folder / "lab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Package(folder / "lab")


def edit(folder: Path, change: Edit) -> Package:
    """The package in `folder` after a change."""
    name, old, new = change
    text = (folder / "lab" / name).read_text(encoding="utf-8")
    assert old in text
    return write(folder, {name: text.replace(old, new, 1)})
