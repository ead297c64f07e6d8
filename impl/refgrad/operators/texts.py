"""What PyTorch's operators say when their arguments are wrong."""
