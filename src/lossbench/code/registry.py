"""The type that marks a registry."""

from typing import TypeAlias, TypeVar

Item = TypeVar("Item")
Registry: TypeAlias = dict[str, Item]
"""A dict by name, written as a literal: of its entries, a job's code digest has the wanted ones."""
