"""Numbers: granting ranges, following their use, and the proof that none is missing."""
