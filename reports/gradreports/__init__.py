"""Results in, HTML out: the file a run of the suite leaves behind and the report made from it alone."""
