"""Encrypted borg repositories: a few verbs, each in a child process, each checked twice."""
