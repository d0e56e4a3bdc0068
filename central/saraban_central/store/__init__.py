"""What the centre keeps, behind one interface: documents, chunks and the centre's own records."""
