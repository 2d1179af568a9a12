"""What a call says that is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from lossbench.errors import LossbenchError


def refused(
    kind: type[LossbenchError], call: Callable[..., Any], *arguments: Any, **named: Any
) -> str:
    """The error's text, which is one line that any terminal shows."""
    with pytest.raises(kind) as caught:
        call(*arguments, **named)
    text = str(caught.value)
    assert text.isprintable(), text
    return text
