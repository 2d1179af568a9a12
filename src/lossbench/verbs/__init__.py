"""The verbs of the `lossbench` command, one a file: read files, call one function, write files."""
