"""Carrying letters and evidence from one office's journal into another's mailbox."""
