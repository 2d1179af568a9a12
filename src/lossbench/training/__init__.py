"""Training: a cell and a block of seeds, from prepared images to tables."""
