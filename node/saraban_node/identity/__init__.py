"""Which machine this is: fences, epochs, forks, and what was known before a restore."""
