"""Papers: what the program gives out as PDF."""
