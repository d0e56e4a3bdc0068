"""The centre: takes every node's journal, carries letters, grants numbers and audits."""
