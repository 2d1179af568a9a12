"""The cards: facts of everything that a study can name, without PyTorch. One dict a kind."""
