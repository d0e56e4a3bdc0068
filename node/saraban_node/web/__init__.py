"""The pages and the JSON API of an office's node."""
