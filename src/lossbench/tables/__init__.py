"""The tables: the contract that all share, and the schema of each."""
