"""The package's own code as text: what a verb can run, down to the single definition."""
