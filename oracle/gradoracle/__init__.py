"""The language of programs, the traces they leave on an engine, and how two traces are compared."""
