"""The families of behaviours, a module each; a module's `BEHAVIOURS` are its rows. `registry.py` says which there are."""
