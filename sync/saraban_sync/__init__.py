"""What a node and the centre must agree on: rules and bytes, without any input or output."""
