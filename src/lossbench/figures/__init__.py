"""Tables in, figures out: one theme, one catalogue."""
