"""How numbers, names and findings read, wherever they appear."""
