"""Networks, heads, losses and margins: what is trained."""
