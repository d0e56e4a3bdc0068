"""The centre's pages and JSON API: overview, offices, deliveries, search, audit, ranges, people."""
