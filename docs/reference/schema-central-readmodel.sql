-- The centre's read model, which can be deleted and built again.
-- Written by scripts/reference from the migrations of saraban_central.readmodel.

CREATE TABLE accepted (
    node     TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    event    TEXT NOT NULL,
    at       TEXT NOT NULL,
    told     INTEGER NOT NULL CHECK (told IN (0, 1)), -- 1: it was read out over the telephone
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
    event      TEXT NOT NULL,
    at         TEXT NOT NULL,
    archive    TEXT NOT NULL,
    repository TEXT NOT NULL,
    last_event TEXT NOT NULL,
    entries    INTEGER NOT NULL,
    good       INTEGER NOT NULL CHECK (good IN (0, 1)),
    problem    TEXT NOT NULL,
    place      TEXT NOT NULL,
    archives   TEXT NOT NULL,       -- borg's ids, with blanks between
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    source_node       TEXT NOT NULL,
    source_event      TEXT NOT NULL,
    source_hash       TEXT NOT NULL,
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
    PRIMARY KEY (source_node, source_event, source_hash, office)
) STRICT, WITHOUT ROWID;

CREATE TABLE drill (                -- backups that a node brought back in a scratch place
    node    TEXT NOT NULL,
    event   TEXT NOT NULL,
    at      TEXT NOT NULL,
    archive TEXT NOT NULL,
    place   TEXT NOT NULL,
    result  TEXT NOT NULL,          -- good, bad, not-run
    key     TEXT NOT NULL,          -- machine, sheet
    entries INTEGER NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    id           INTEGER PRIMARY KEY,
    node         TEXT NOT NULL,  -- in whose journal the event is
    event        TEXT NOT NULL,
    office       TEXT NOT NULL,
    register     TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing', 'circular', 'order',
        'announcement', 'certificate', 'memo', 'award')),
    year         INTEGER NOT NULL,
    number       INTEGER NOT NULL,           -- 0: it has only an emergency number yet
    emergency    INTEGER NOT NULL,           -- 0: it never was in the emergency register
    state        TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void', 'expired', 'used')),
    subject      TEXT NOT NULL,              -- 'used': a reservation whose letter has a line of its own
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    letter_no    TEXT NOT NULL,
    letter_date  TEXT NOT NULL,
    action       TEXT NOT NULL,
    action_at    TEXT NOT NULL,
    remark       TEXT NOT NULL,
    urgency      TEXT NOT NULL,
    files        INTEGER NOT NULL,
    source_node  TEXT NOT NULL,
    source_event TEXT NOT NULL,
    source_hash  TEXT NOT NULL,
    imported     INTEGER NOT NULL CHECK (imported IN (0, 1)),
    circular     INTEGER NOT NULL CHECK (circular IN (0, 1)),
    at           TEXT NOT NULL,
    stored_at    TEXT NOT NULL,
    actor        TEXT NOT NULL,
    clock        TEXT NOT NULL,              -- JSON: what the machine knew of its clock
    void_reason  TEXT NOT NULL,
    voided_at    TEXT NOT NULL,
    reservation_node TEXT NOT NULL,          -- of a letter on a reserved number: what reserved it
    reservation  TEXT NOT NULL,
    holder       TEXT NOT NULL,              -- of a reservation
    expires      TEXT NOT NULL,
    numbered_at  TEXT NOT NULL,              -- when an emergency line got its ordinary number
    numbered_by  TEXT NOT NULL,              -- the event that gave it
    tail         INTEGER NOT NULL CHECK (tail IN (0, 1)), -- 1: a restored database does not know it
    UNIQUE (node, event)
) STRICT;

CREATE VIRTUAL TABLE entry_search USING fts5 (text, tokenize = 'trigram');

CREATE TABLE gap (
    node      TEXT NOT NULL,
    event     TEXT NOT NULL,
    office    TEXT NOT NULL,
    register  TEXT NOT NULL,
    year      INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('skipped', 'returned')),
    why       TEXT NOT NULL,
    guard     INTEGER NOT NULL,
    marks     TEXT NOT NULL,     -- JSON: how far each witness knew the series to be used
    at        TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    actor     TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap_explanation (
    node     TEXT NOT NULL,
    event    TEXT NOT NULL,
    office   TEXT NOT NULL,
    register TEXT NOT NULL,
    year     INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    text     TEXT NOT NULL,
    letter   TEXT NOT NULL,      -- node and event that bear the number, or empty
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE happening (
    node         TEXT NOT NULL,
    event        TEXT NOT NULL,
    type         TEXT NOT NULL,
    at           TEXT NOT NULL,
    stored_at    TEXT NOT NULL,
    actor        TEXT NOT NULL,
    entry_node   TEXT NOT NULL,  -- the journal that has the entry it concerns, or empty
    entry        TEXT NOT NULL,  -- the entry it concerns, or empty
    letter_node  TEXT NOT NULL,  -- the sender's event of the letter it concerns, or empty
    letter_event TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    node      TEXT PRIMARY KEY,
    office    TEXT NOT NULL,
    program   TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    origin    TEXT NOT NULL      -- the node from whose name it was forked, or empty
) STRICT, WITHOUT ROWID;

CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;

CREATE TABLE origin (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    rebuilding INTEGER NOT NULL CHECK (rebuilding IN (0, 1))
) STRICT;

CREATE TABLE outage (
    node      TEXT NOT NULL,
    outage    INTEGER NOT NULL,
    event     TEXT NOT NULL,     -- that opened it; empty when only its end is known
    office    TEXT NOT NULL,
    cause     TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    closed_at TEXT NOT NULL,     -- empty while it lasts
    total     INTEGER NOT NULL,
    PRIMARY KEY (node, outage)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE range_request (
    node      TEXT NOT NULL,
    event     TEXT NOT NULL,
    office    TEXT NOT NULL,
    register  TEXT NOT NULL,
    year      INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    left      INTEGER NOT NULL,
    per_day   TEXT NOT NULL,
    silence_s INTEGER NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_sent ON delivery (sent_at);

CREATE INDEX delivery_waiting ON delivery (office, arrived_at) WHERE registered_at = '';

CREATE INDEX entry_at ON entry (at);

CREATE INDEX entry_emergency ON entry (office, year, emergency) WHERE emergency > 0;

CREATE INDEX entry_node ON entry (node, register, year, number);

CREATE INDEX entry_number ON entry (office, register, year, number);

CREATE INDEX entry_reservation ON entry (reservation_node, reservation) WHERE reservation <> '';

CREATE INDEX gap_explanation_number ON gap_explanation (office, register, year, first);

CREATE INDEX gap_number ON gap (office, register, year, first);

CREATE INDEX happening_entry ON happening (entry_node, entry) WHERE entry <> '';
