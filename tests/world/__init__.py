"""A whole district in one process: real nodes and centre, played machines, clocks and lines."""
