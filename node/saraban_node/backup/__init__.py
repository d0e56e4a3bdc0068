"""Backup and restore of an office: encrypted borg archives, believed only when checked."""
