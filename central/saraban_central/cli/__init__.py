"""Commands of ``saraban-central``: each does one thing and exits with 0 only when it did it."""
