"""Which machine is which node: epochs, twins, forks, and a centre that was set back."""
