"""Write the JSON schema of a study file, for editors."""

from lossbench.files import write_json
from lossbench.study.json_schema import json_schema
from lossbench.verbs import Out


def schema(out: Out) -> None:
    write_json(out, json_schema())
