"""How a loss is told from the others in every figure and legend."""

from dataclasses import dataclass

Marker = str | tuple[int, int, int]
"""matplotlib's marker: its letter, or the numbers of sides, style and angle of a regular one."""
Dash = str | tuple[float, tuple[float, ...]]
"""matplotlib's line style: `-`, or an offset and the lengths of dashes and gaps in line widths."""


@dataclass(frozen=True)
class Look:
    """Colours, marker and dash; a test says which losses some reader could not tell apart."""

    color: str
    """Of lines and marks on the light page: at least 3:1 against it."""
    dark: str
    """Of lines, marks and text on the dark page: at least 4.5:1 against it."""
    text: str
    """Of text on the light page: at least 4.5:1 against it."""
    marker: Marker
    dash: Dash

    @property
    def has_arms(self) -> bool:
        """Whether its marker is a cross or a star: it covers less than others of its size."""
        return isinstance(self.marker, tuple) or self.marker in "PX*"
