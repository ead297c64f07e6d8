"""The register of drift: where PyTorch differs from itself, by version, device or compiler, and why.

`register.py` has the rows in order, `finding.py` says what a row is.
"""
