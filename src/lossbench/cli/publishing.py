"""Verbs that make what people read: figures, page, CSV; and the schema for editors."""

import json

from lossbench.atomic import atomic
from lossbench.cli.app import Out, app
from lossbench.config import json_schema


@app.command()
def schema(out: Out) -> None:
    """Write the JSON schema of a study file, for editors."""
    with atomic(out) as temporary:
        temporary.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
