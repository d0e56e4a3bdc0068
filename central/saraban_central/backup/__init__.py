"""Backup and restore of the centre itself: encrypted borg archives, believed only when checked."""
