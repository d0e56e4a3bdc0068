"""Pages in a real browser: with keys alone, without scripts, on a phone, for everybody."""
