"""The registers and their letters: lines, files, search, and how numbers are written."""
