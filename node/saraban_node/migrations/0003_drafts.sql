-- Half-written forms, kept for each person on this machine only (saraban_node.books.drafts).

CREATE TABLE draft (
    person   TEXT NOT NULL,
    kind     TEXT NOT NULL,   -- incoming, outgoing, or the arrival that is being registered
    form     TEXT NOT NULL,   -- the form's own key, against double clicks
    fields   TEXT NOT NULL,   -- JSON: field -> list of values
    files    TEXT NOT NULL,   -- JSON: files that are already put away
    saved_at TEXT NOT NULL,
    PRIMARY KEY (person, kind)
) STRICT, WITHOUT ROWID;
