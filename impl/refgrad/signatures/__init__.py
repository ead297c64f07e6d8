"""What PyTorch's built-in functions take, and what PyTorch says when they are called in another way.

`table.txt` has the signatures; nothing of it is read before a call has failed (`refusing.py`).
"""
