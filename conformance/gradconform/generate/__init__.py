"""Recipes of small numbers decoded to programs: one decoder for Hypothesis and for seeded campaigns."""
