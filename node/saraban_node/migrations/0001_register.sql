-- The journal is the truth; every other table of this file can be made again from it, except those
-- marked "local", which hold what only this machine knows.

CREATE TABLE meta (              -- local: who this database is
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY CHECK (seq >= 1),
    epoch     INTEGER NOT NULL CHECK (epoch >= 1),
    type      TEXT NOT NULL,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    hash      TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE TRIGGER journal_keeps_every_event BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END;

CREATE TRIGGER journal_keeps_events_as_they_are BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;

CREATE TABLE number_range (
    grant_id TEXT PRIMARY KEY,
    register TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing', 'circular', 'order',
        'announcement', 'certificate', 'memo', 'award')),
    year     INTEGER NOT NULL CHECK (year BETWEEN 2500 AND 3000),
    first    INTEGER NOT NULL CHECK (first >= 1),
    last     INTEGER NOT NULL CHECK (last >= first),
    floor    INTEGER NOT NULL CHECK (floor BETWEEN first AND last + 1), -- below it numbers were skipped
    open     INTEGER NOT NULL CHECK (open IN (0, 1)),  -- 0: none of it will be taken any more
    opening  INTEGER NOT NULL CHECK (opening IN (0, 1)), -- 1: the numbers before it are in a paper book
    seq      INTEGER NOT NULL REFERENCES journal (seq)
) STRICT;

CREATE UNIQUE INDEX number_range_by_series ON number_range (register, year, first);

CREATE TABLE number_gap (        -- numbers that will never be used: skipped or returned
    seq      INTEGER NOT NULL REFERENCES journal (seq),
    register TEXT NOT NULL,
    year     INTEGER NOT NULL,
    first    INTEGER NOT NULL CHECK (first >= 1),
    last     INTEGER NOT NULL CHECK (last >= first),
    state    TEXT NOT NULL CHECK (state IN ('skipped', 'returned')),
    why      TEXT NOT NULL,
    guard    INTEGER NOT NULL,
    marks    TEXT NOT NULL,      -- JSON: what was known then
    PRIMARY KEY (register, year, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap_explanation (
    seq      INTEGER PRIMARY KEY REFERENCES journal (seq),
    register TEXT NOT NULL,
    year     INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    text     TEXT NOT NULL,
    letter   TEXT NOT NULL       -- node and event that bear the number, or empty
) STRICT;

CREATE TABLE range_request (     -- what was asked of the centre
    seq      INTEGER PRIMARY KEY REFERENCES journal (seq),
    register TEXT NOT NULL,
    year     INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    at       TEXT NOT NULL
) STRICT;

CREATE TABLE outage (            -- times when only the emergency register was open
    outage    INTEGER PRIMARY KEY CHECK (outage >= 1),
    seq       INTEGER NOT NULL REFERENCES journal (seq),
    cause     TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    closed_at TEXT NOT NULL,     -- empty while it lasts
    total     INTEGER NOT NULL
) STRICT;

CREATE TABLE entry (             -- lines of the registers; one that was reserved is replaced by its letter
    seq           INTEGER PRIMARY KEY REFERENCES journal (seq),
    id            TEXT NOT NULL,
    register      TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing', 'circular', 'order',
        'announcement', 'certificate', 'memo', 'award')),
    year          INTEGER NOT NULL,
    number        INTEGER NOT NULL CHECK (number >= 0), -- 0: it has only an emergency number yet
    emergency     INTEGER NOT NULL DEFAULT 0 CHECK (emergency >= 0),
    state         TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void', 'expired')),
    subject       TEXT NOT NULL,
    sender        TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    letter_no     TEXT NOT NULL,
    letter_date   TEXT NOT NULL,
    action        TEXT NOT NULL,
    remark        TEXT NOT NULL,
    urgency       TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    source_node   TEXT NOT NULL DEFAULT '',
    source_event  TEXT NOT NULL DEFAULT '',
    void_reason   TEXT NOT NULL DEFAULT '',
    void_former   INTEGER NOT NULL DEFAULT 0 CHECK (void_former IN (0, 1)), -- struck before a restore
    circular      INTEGER NOT NULL DEFAULT 0 CHECK (circular IN (0, 1)),
    reserved_at   TEXT NOT NULL DEFAULT '',   -- when the number was reserved, if it was
    reserved_by   TEXT NOT NULL DEFAULT '',
    reservation   TEXT NOT NULL DEFAULT '',   -- the event that reserved it
    holder        TEXT NOT NULL DEFAULT '',
    expires       TEXT NOT NULL DEFAULT '',   -- ISO date
    numbered_at   TEXT NOT NULL DEFAULT '',   -- when an emergency line got its ordinary number
    search_text   TEXT NOT NULL,
    CHECK (number > 0 OR emergency > 0)
) STRICT;

CREATE UNIQUE INDEX entry_by_number ON entry (register, year, number) WHERE number > 0;

CREATE UNIQUE INDEX entry_by_emergency ON entry (year, emergency) WHERE emergency > 0;

CREATE INDEX entry_by_reservation ON entry (reservation) WHERE reservation <> '';

CREATE INDEX entry_circular ON entry (year) WHERE register = 'outgoing' AND circular = 1;

CREATE INDEX entry_waiting ON entry (register, year)
    WHERE emergency > 0 AND number = 0 AND state = 'issued';

CREATE INDEX entry_reserved ON entry (expires) WHERE state = 'reserved';

CREATE INDEX entry_notable ON entry (register, year, number)
    WHERE state <> 'issued' OR reservation <> '' OR emergency > 0;

CREATE TABLE colleague_line (    -- local: lines of this office's registers that other nodes of it wrote
    node          TEXT NOT NULL,
    event         TEXT NOT NULL,
    register      TEXT NOT NULL,
    year          INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    emergency     INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void', 'expired', 'skipped', 'returned')),
    last          INTEGER NOT NULL,          -- of a gap; otherwise the number itself
    subject       TEXT NOT NULL,
    sender        TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    letter_no     TEXT NOT NULL,
    letter_date   TEXT NOT NULL,
    action        TEXT NOT NULL,
    remark        TEXT NOT NULL,
    urgency       TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    reason        TEXT NOT NULL,
    replaced_by   TEXT NOT NULL,             -- the event that finished a reservation
    circular      INTEGER NOT NULL CHECK (circular IN (0, 1)),
    source_node   TEXT NOT NULL,             -- of a letter that came electronically
    source_event  TEXT NOT NULL,
    search_text   TEXT NOT NULL,
    payload       TEXT NOT NULL,
    signature     TEXT NOT NULL,
    PRIMARY KEY (node, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX colleague_line_by_number ON colleague_line (register, year, number);

CREATE INDEX colleague_line_circular ON colleague_line (year)
    WHERE register = 'outgoing' AND circular = 1;

CREATE INDEX colleague_line_by_source ON colleague_line (source_node, source_event)
    WHERE source_event <> '';

CREATE INDEX colleague_line_by_emergency ON colleague_line (emergency) WHERE emergency > 0;

CREATE TABLE colleague_act (     -- local: what they did with a line afterwards; it may come before the line
    node      TEXT NOT NULL,
    event     TEXT NOT NULL,
    line      TEXT NOT NULL,     -- the line's event
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (node, line, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX colleague_act_by_line ON colleague_act (line);

CREATE TABLE colleague_person ( -- local: names of persons whom they mention; no accounts
    node   TEXT NOT NULL,
    person TEXT NOT NULL,
    name   TEXT NOT NULL,
    event  TEXT NOT NULL,       -- that said so
    PRIMARY KEY (person, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE colleague_evidence ( -- local: what other offices signed about a letter that stands there
    node      TEXT NOT NULL,
    event     TEXT NOT NULL,     -- the sending
    hash      TEXT NOT NULL,
    office    TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('arrived', 'registered')),
    at        TEXT NOT NULL,
    year      INTEGER,
    number    INTEGER,
    signer    TEXT NOT NULL,
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (node, event, hash, office, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE clock_anchor (      -- local: who vouched for the clock last; one row
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    boot      TEXT NOT NULL,
    monotonic REAL NOT NULL,     -- seconds since that boot
    wall      TEXT NOT NULL,     -- what the clock should have shown then
    source    TEXT NOT NULL,
    doubt_ms  INTEGER NOT NULL,  -- how exactly that was known; -1: nobody can say
    floor     TEXT NOT NULL      -- the latest moment that is known to have passed
) STRICT;

CREATE TABLE ratchet (           -- local: tokens of past contacts with the centre, newest last
    place INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    at    TEXT NOT NULL
) STRICT;

CREATE TABLE entry_file (
    entry    INTEGER NOT NULL REFERENCES entry (seq),
    position INTEGER NOT NULL,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    name     TEXT NOT NULL,
    media    TEXT NOT NULL,
    size     INTEGER NOT NULL,
    chunks   TEXT NOT NULL,      -- names of the chunks, separated by spaces; empty for a single one
    PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_file_by_content ON entry_file (sha256);

CREATE TABLE happening (         -- what was done with an entry after it was registered
    entry INTEGER NOT NULL REFERENCES entry (seq),
    seq   INTEGER NOT NULL REFERENCES journal (seq),
    PRIMARY KEY (entry, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_mark (       -- lines up to here are in entry_search, newer ones are read through
    through INTEGER NOT NULL
) STRICT;

INSERT INTO search_mark VALUES (0);

CREATE VIEW indexed_line AS
SELECT seq, search_text FROM entry WHERE seq <= (SELECT through FROM search_mark);

CREATE VIRTUAL TABLE entry_search USING fts5 (
    search_text, content = 'indexed_line', content_rowid = 'seq', columnsize = 0, detail = none,
    tokenize = 'trigram case_sensitive 1'
);

INSERT INTO entry_search (entry_search, rank) VALUES ('automerge', 0);

CREATE TABLE delivery (          -- one row for each office a letter was sent to
    sent   INTEGER NOT NULL REFERENCES journal (seq),
    office TEXT NOT NULL,
    entry  INTEGER NOT NULL REFERENCES entry (seq),
    PRIMARY KEY (sent, office)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_by_entry ON delivery (entry);

CREATE TABLE arrival (           -- letters that reached this office electronically
    seq           INTEGER PRIMARY KEY REFERENCES journal (seq),
    source_node   TEXT NOT NULL,
    source_event  TEXT NOT NULL,
    source_hash   TEXT NOT NULL,
    sender_office TEXT NOT NULL,
    arrived_at    TEXT NOT NULL,
    entry         INTEGER REFERENCES entry (seq),
    UNIQUE (source_node, source_event)
) STRICT;

CREATE TABLE backup_record (
    seq         INTEGER PRIMARY KEY REFERENCES journal (seq),
    at          TEXT NOT NULL,
    archive     TEXT NOT NULL,
    repository  TEXT NOT NULL,
    last_event  TEXT NOT NULL,
    entries     INTEGER NOT NULL,
    good        INTEGER NOT NULL CHECK (good IN (0, 1)),
    problem     TEXT NOT NULL,
    place       TEXT NOT NULL,
    archives    TEXT NOT NULL       -- borg's ids, with blanks between
) STRICT;

CREATE TABLE backup_drill (          -- backups that were brought back in a scratch place
    seq     INTEGER PRIMARY KEY REFERENCES journal (seq),
    at      TEXT NOT NULL,
    archive TEXT NOT NULL,
    place   TEXT NOT NULL,
    result  TEXT NOT NULL,          -- good, bad, not-run
    key     TEXT NOT NULL,          -- machine, sheet
    entries INTEGER NOT NULL,
    files   INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    problem TEXT NOT NULL
) STRICT;

CREATE TABLE recovery_sheet (        -- who holds which half of the backups' passphrase on paper
    sheet      TEXT PRIMARY KEY,
    seq        INTEGER NOT NULL REFERENCES journal (seq),
    printed_at TEXT NOT NULL,
    printed_by TEXT NOT NULL,
    holder_1   TEXT NOT NULL,
    holder_2   TEXT NOT NULL,
    checked_at TEXT NOT NULL,       -- empty until both halves were tried
    check_good INTEGER NOT NULL CHECK (check_good IN (0, 1)),
    ended_at   TEXT NOT NULL,       -- empty while it opens the backups
    ended_why  TEXT NOT NULL
) STRICT;

CREATE TABLE set_aside (         -- local: mailbox items that could not be taken in, and why
    id         TEXT PRIMARY KEY,
    sender     TEXT NOT NULL,
    payload    TEXT NOT NULL,
    signature  TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    problem    TEXT NOT NULL
) STRICT;

CREATE TABLE letter_received (   -- local: the sender's own event of each arrival
    source_node  TEXT NOT NULL,
    source_event TEXT NOT NULL,
    payload      TEXT NOT NULL,
    signature    TEXT NOT NULL,
    PRIMARY KEY (source_node, source_event)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (          -- local: what other offices signed about a letter we sent
    sent      INTEGER NOT NULL,
    office    TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('arrived', 'registered')),
    at        TEXT NOT NULL,
    year      INTEGER,
    number    INTEGER,
    node      TEXT NOT NULL,
    payload   TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (sent, office, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE stored_mark (       -- local: when the centre was first seen to hold events up to here
    through INTEGER PRIMARY KEY,
    at      TEXT NOT NULL
) STRICT;

CREATE TABLE directory_entry (   -- local: the centre's signed directory
    kind    TEXT NOT NULL CHECK (kind IN ('office', 'node')),
    code    TEXT NOT NULL,
    version INTEGER NOT NULL,
    name    TEXT NOT NULL,
    prefix  TEXT NOT NULL,
    office  TEXT NOT NULL,
    key     TEXT NOT NULL,
    active  INTEGER NOT NULL,
    registry INTEGER NOT NULL,
    circulars TEXT NOT NULL DEFAULT 'shared',
    origin   TEXT NOT NULL DEFAULT '',      -- of a forked node: the name it had
    base     TEXT NOT NULL DEFAULT '',      -- and the last event that both share
    PRIMARY KEY (kind, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE wanted_file (       -- local: arrived files whose parts are still at the centre
    sha256 TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    media  TEXT NOT NULL,
    size   INTEGER NOT NULL,
    chunks TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE unsent_chunk (      -- local: parts of own files that the centre does not have yet
    chunk  TEXT NOT NULL,
    sha256 TEXT NOT NULL,        -- the file
    place  INTEGER NOT NULL,     -- which part of it, from 0
    size   INTEGER NOT NULL,     -- of the whole file: small files go first
    PRIMARY KEY (chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_state (        -- local: cursors and the last contact
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_document (  -- local: what the centre did not take, and why
    event  TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE form_sent (         -- local: forms already turned into an entry, against double clicks
    form  TEXT PRIMARY KEY,
    entry INTEGER NOT NULL,
    at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
