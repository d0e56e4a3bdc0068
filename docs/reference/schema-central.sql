-- The database of the centre, central.db.
-- Written by scripts/reference from the migrations of saraban_central.

CREATE TRIGGER document_is_never_changed BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'a document is never changed'); END;

CREATE TRIGGER document_is_never_removed BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'a document is never removed'); END;

CREATE TABLE attempt (
    subject TEXT PRIMARY KEY,  -- account:…, device:… or source:…
    failed  INTEGER NOT NULL CHECK (failed > 0),
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_head (
    node  TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    hash  TEXT NOT NULL CHECK (length(hash) = 64),
    at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_report (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    payload   TEXT NOT NULL,  -- canonical JSON
    signature TEXT NOT NULL   -- by the centre's key
) STRICT;

CREATE TABLE chunk (
    name TEXT PRIMARY KEY CHECK (length(name) = 64),
    data BLOB NOT NULL CHECK (length(data) <= 262144)
) STRICT;

CREATE TABLE credential (
    person     TEXT PRIMARY KEY,
    hash       TEXT NOT NULL,  -- argon2id, as argon2 encodes it
    one_time   INTEGER NOT NULL CHECK (one_time IN (0, 1)),
    expires_ms INTEGER,        -- only of a one-time password
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
    id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
    person  TEXT NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    position  INTEGER PRIMARY KEY,  -- grows with every document taken in, of whatever database
    database  INTEGER NOT NULL REFERENCES document_database (number),
    id        TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    revision  TEXT NOT NULL CHECK (length(revision) = 34),
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    sender    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE document_database (
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    documents INTEGER NOT NULL DEFAULT 0 CHECK (documents >= 0)
) STRICT;

CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;

CREATE TABLE person (
    person   TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    roles    TEXT NOT NULL,  -- names of roles, one space between
    active   INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE preference (
    person   TEXT PRIMARY KEY,
    language TEXT NOT NULL CHECK (language IN ('th', 'en')),
    digits   TEXT NOT NULL CHECK (digits IN ('thai', 'arabic'))
) STRICT;

CREATE TABLE record (
    shelf    TEXT NOT NULL,
    key      TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 600),
    value    TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    PRIMARY KEY (shelf, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id_hash  BLOB PRIMARY KEY CHECK (length(id_hash) = 32),  -- SHA-256; the id itself is only in the cookie
    person   TEXT NOT NULL,
    made_ms  INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    ended_ms INTEGER,
    source   TEXT NOT NULL,
    agent    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX document_by_arrival ON document (database, position);

CREATE UNIQUE INDEX document_by_id ON document (database, id);

CREATE INDEX session_person ON session (person);
