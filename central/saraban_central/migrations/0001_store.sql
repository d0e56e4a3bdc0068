-- What the centre keeps (saraban_central.store): documents and chunks that never change, and its own
-- small records. Journals, mailboxes and the directory are the truth; accounts are in 0002.

CREATE TABLE document_database (
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    documents INTEGER NOT NULL DEFAULT 0 CHECK (documents >= 0)
) STRICT;

CREATE TABLE document (
    position  INTEGER PRIMARY KEY,  -- grows with every document taken in, of whatever database
    database  INTEGER NOT NULL REFERENCES document_database (number),
    id        TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    revision  TEXT NOT NULL CHECK (length(revision) = 34),
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    sender    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX document_by_id ON document (database, id);

CREATE INDEX document_by_arrival ON document (database, position);

CREATE TRIGGER document_is_never_removed BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'a document is never removed'); END;

CREATE TRIGGER document_is_never_changed BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'a document is never changed'); END;

CREATE TABLE chunk (
    name TEXT PRIMARY KEY CHECK (length(name) = 64),
    data BLOB NOT NULL CHECK (length(data) <= 262144)
) STRICT;

CREATE TABLE record (
    shelf    TEXT NOT NULL,
    key      TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 600),
    value    TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    PRIMARY KEY (shelf, key)
) STRICT, WITHOUT ROWID;
