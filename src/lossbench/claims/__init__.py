"""The claims of the usual explanation: one rule, evidence from theory and from the benchmark."""
