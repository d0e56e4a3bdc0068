-- Accounts and log-ins; the same on node and centre (saraban_base.accounts, sessions, attempts).

CREATE TABLE person (
    person   TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    roles    TEXT NOT NULL,  -- names of roles, one space between
    active   INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE credential (
    person     TEXT PRIMARY KEY,
    hash       TEXT NOT NULL,  -- argon2id, as argon2 encodes it
    one_time   INTEGER NOT NULL CHECK (one_time IN (0, 1)),
    expires_ms INTEGER,        -- only of a one-time password
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE preference (
    person   TEXT PRIMARY KEY,
    language TEXT NOT NULL CHECK (language IN ('th', 'en')),
    digits   TEXT NOT NULL CHECK (digits IN ('thai', 'arabic'))
) STRICT;

CREATE TABLE session (
    id_hash  BLOB PRIMARY KEY CHECK (length(id_hash) = 32),  -- SHA-256; the id itself is only in the cookie
    person   TEXT NOT NULL,
    made_ms  INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    ended_ms INTEGER,
    source   TEXT NOT NULL,
    agent    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_person ON session (person);

CREATE TABLE attempt (
    subject TEXT PRIMARY KEY,  -- account:…, device:… or source:…
    failed  INTEGER NOT NULL CHECK (failed > 0),
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
    person  TEXT NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
