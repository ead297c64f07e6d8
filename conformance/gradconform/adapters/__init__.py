"""Engines that the suite knows how to talk to, each behind `gradoracle.engine.Engine`."""
