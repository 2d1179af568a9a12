"""The report: tables and figures in, one self-contained page and a Markdown summary out."""
