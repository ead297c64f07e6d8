"""The conformance suite: what must hold, the programs that show it, and the command that runs them."""

__version__ = "0.1.0"
