"""The families of behaviours, a module each; its `BEHAVIOURS` are its rows. `registry.py` lists the families."""
