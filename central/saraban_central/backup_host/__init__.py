"""The centre keeps the backups of its nodes: repositories that a node can add to and not empty."""
