"""lossbench: does the loss matter? Cross-entropy and squared error, compared claim by claim."""

__version__ = "0.1.0"
