"""The claims of the textbook story: one rule, and evidence from theory and from the benchmark."""
