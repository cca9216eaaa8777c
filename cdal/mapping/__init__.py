"""Maps of whole scenes: overlapping windows through the scoring engine, written as geodata."""
