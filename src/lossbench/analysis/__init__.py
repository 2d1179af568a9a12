"""From training's tables to metrics, outcomes, choices and telling images."""
