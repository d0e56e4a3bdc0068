"""What may be thought of the machine's clock, and which year it is."""
