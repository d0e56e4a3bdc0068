"""Numbers: where they come from, who has which, and the proof that none is missing."""
