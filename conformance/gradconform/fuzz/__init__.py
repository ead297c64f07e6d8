"""Programs that nobody wrote: drawn at random over the whole language, run on two engines, and compared."""
