"""An engine whose module cannot be imported."""

raise ImportError("the native part of fauxbroken is not built")
