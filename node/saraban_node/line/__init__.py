"""The line to the centre: what is sent, what is fetched, and what is known of both."""
