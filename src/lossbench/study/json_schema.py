"""The JSON schema of a study file, for editors."""

import ast
from pathlib import Path
from typing import Any

from lossbench.study import config


def json_schema() -> dict[str, Any]:
    """The schema, each field described by the string below it in the models' modules.

    Pydantic can do that itself (`use_attribute_docstrings`), but then whenever the models are
    imported: a tenth of a second in every job, and a third in Snakemake's plan.
    """
    schema = config.Study.model_json_schema()
    described: dict[str, dict[str, str]] = {}
    for module in sorted(Path(config.__file__).parent.glob("*.py")):
        described |= _descriptions(module)
    for model, definition in [("Study", schema), *schema["$defs"].items()]:
        properties = definition["properties"]
        written = described.get(model, {})
        for field, text in ((field, written[field]) for field in written if field in properties):
            properties[field] = dict(sorted((properties[field] | {"description": text}).items()))
    return schema


def _descriptions(source: Path) -> dict[str, dict[str, str]]:
    """Class → field → the string below the field."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {
        model.name: {
            field.target.id: below.value.value
            for field, below in zip(model.body, model.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for model in tree.body
        if isinstance(model, ast.ClassDef)
    }
