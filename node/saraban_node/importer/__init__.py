"""Reads the registers that offices keep in Excel today; the way in is ``importer.reader``."""
