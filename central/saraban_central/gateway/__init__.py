"""The door for nodes: the part of CouchDB's HTTP API that a node needs, and nothing more."""
