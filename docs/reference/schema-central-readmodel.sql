-- The centre's read model, which can be deleted and built again.
-- Written by scripts/reference from the migrations of saraban_central.readmodel.

CREATE TABLE accepted (
    node     TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (node, grant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE actor (
    node   TEXT NOT NULL,
    person TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (node, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup (
    node       TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    at         TEXT NOT NULL,
    archive    TEXT NOT NULL,
    repository TEXT NOT NULL,
    last_event TEXT NOT NULL,
    entries    INTEGER NOT NULL,
    good       INTEGER NOT NULL CHECK (good IN (0, 1)),
    problem    TEXT NOT NULL,
    PRIMARY KEY (node, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    source_node       TEXT NOT NULL,
    source_event      TEXT NOT NULL,
    office            TEXT NOT NULL,  -- the receiver
    sender_office     TEXT NOT NULL,
    year              INTEGER NOT NULL DEFAULT 0,
    number            INTEGER NOT NULL DEFAULT 0,
    subject           TEXT NOT NULL DEFAULT '',
    letter_no         TEXT NOT NULL DEFAULT '',
    urgency           TEXT NOT NULL DEFAULT 'normal',
    sent_at           TEXT NOT NULL DEFAULT '',
    stored_at         TEXT NOT NULL DEFAULT '',
    arrived_at        TEXT NOT NULL DEFAULT '',
    arrived_by        TEXT NOT NULL DEFAULT '',  -- node/event
    registered_at     TEXT NOT NULL DEFAULT '',
    registered_by     TEXT NOT NULL DEFAULT '',  -- node/event
    registered_year   INTEGER NOT NULL DEFAULT 0,
    registered_number INTEGER NOT NULL DEFAULT 0,
    receipt_at        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (source_node, source_event, office)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    id           INTEGER PRIMARY KEY,
    node         TEXT NOT NULL,
    event        TEXT NOT NULL,
    office       TEXT NOT NULL,
    register     TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    year         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('issued', 'void')),
    subject      TEXT NOT NULL,
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    letter_no    TEXT NOT NULL,
    letter_date  TEXT NOT NULL,
    action       TEXT NOT NULL,
    remark       TEXT NOT NULL,
    urgency      TEXT NOT NULL,
    files        INTEGER NOT NULL,
    source_node  TEXT NOT NULL,
    source_event TEXT NOT NULL,
    imported     INTEGER NOT NULL CHECK (imported IN (0, 1)),
    at           TEXT NOT NULL,
    stored_at    TEXT NOT NULL,
    actor        TEXT NOT NULL,
    void_reason  TEXT NOT NULL,
    voided_at    TEXT NOT NULL,
    UNIQUE (node, event)
) STRICT;

CREATE VIRTUAL TABLE entry_search USING fts5 (text, tokenize = 'trigram');

CREATE TABLE happening (
    node         TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    event        TEXT NOT NULL,
    type         TEXT NOT NULL,
    at           TEXT NOT NULL,
    stored_at    TEXT NOT NULL,
    actor        TEXT NOT NULL,
    entry        TEXT NOT NULL,  -- the entry it concerns, or empty
    letter_node  TEXT NOT NULL,  -- the sender's event of the letter it concerns, or empty
    letter_event TEXT NOT NULL,
    PRIMARY KEY (node, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    node      TEXT PRIMARY KEY,
    office    TEXT NOT NULL,
    program   TEXT NOT NULL,
    opened_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;

CREATE TABLE origin (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    rebuilding INTEGER NOT NULL CHECK (rebuilding IN (0, 1))
) STRICT;

CREATE TABLE passed_over (
    node   TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('newer', 'unreadable')),
    type   TEXT NOT NULL,
    count  INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (node, reason, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
    node      TEXT PRIMARY KEY,
    seq       INTEGER NOT NULL,
    event     TEXT NOT NULL,
    at        TEXT NOT NULL,
    stored_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_sent ON delivery (sent_at);

CREATE INDEX delivery_waiting ON delivery (office, arrived_at) WHERE registered_at = '';

CREATE INDEX entry_node ON entry (node, register, year, number);

CREATE INDEX entry_number ON entry (office, register, year, number);

CREATE INDEX happening_entry ON happening (node, entry) WHERE entry <> '';
