"""Rules about the source itself: who may import whom, how long things get, what docs must name."""
