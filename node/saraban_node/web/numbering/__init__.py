"""Pages about numbers: reserved ones, the emergency register, ranges, fences, clock, proof."""
