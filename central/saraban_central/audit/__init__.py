"""The auditor: proves from the journals themselves what every office did with every number."""
