"""Campaigns: many units of work, written whole or not at all, on one machine or on many."""
