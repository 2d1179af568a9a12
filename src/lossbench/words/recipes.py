"""A recipe in words, from its fields alone."""

from lossbench.study.settings import Recipe
from lossbench.words import numbers

GOALS = {
    "error": "the lowest final error",
    "speed": "the lowest mean log error on the way, clear of failure",
}


def described(recipe: Recipe) -> str:
    """Such as `SGD, Nesterov momentum 0.9, no weight decay, linear warm-up over 25% of the …`."""
    parts = [_optimiser(recipe), _decay(recipe), *_rate(recipe)]
    if recipe.head_scale != 1:
        parts.append(f"the head’s initial weights times {recipe.head_scale:g}")
    return f"{', '.join(parts)}; tuned for {GOALS[recipe.tuned_for]}"


def _optimiser(recipe: Recipe) -> str:
    if recipe.optimiser == "adamw":
        return "AdamW"
    if not recipe.momentum:
        return "plain SGD"
    return f"SGD, {'Nesterov ' if recipe.nesterov else ''}momentum {recipe.momentum:g}"


def _decay(recipe: Recipe) -> str:
    if not recipe.weight_decay:
        return "no weight decay"
    return f"weight decay of {recipe.weight_decay:g} a step at the peak rate, whatever that rate is"


def _rate(recipe: Recipe) -> list[str]:
    share = numbers.percent(recipe.warmup, 0)
    rise = f"linear warm-up over {share} of the steps" if recipe.warmup else "no warm-up"
    return [rise, "cosine decay to zero" if recipe.schedule == "cosine" else "then a constant rate"]
