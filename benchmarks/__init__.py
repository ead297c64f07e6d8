"""What refgrad's bookkeeping costs, next to PyTorch's and that of other engines on NumPy."""
