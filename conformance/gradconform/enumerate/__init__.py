"""Every program of a small language, up to renaming, run on an engine and on PyTorch."""
