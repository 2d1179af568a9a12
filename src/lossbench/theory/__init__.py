"""The theory chapter: the equations of the story computed, without torch."""
