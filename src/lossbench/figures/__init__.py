"""Tables in, figures out: one theme, one catalog. `lossbench.figures.catalog` lists them all."""
