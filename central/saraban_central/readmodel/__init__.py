"""What the centre's pages show: every office's registers and deliveries, rebuilt from journals."""
