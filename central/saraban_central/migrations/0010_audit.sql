-- The last audit, and what all audits together have proven (saraban_central.audit.keeping).

CREATE TABLE audit_report (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    payload   TEXT NOT NULL,  -- canonical JSON
    signature TEXT NOT NULL   -- by the centre's key
) STRICT;

-- The furthest event of each journal that an audit has proven. It never goes back: what was once
-- here and is not any more must be found by every later audit, not only by the next.
CREATE TABLE audit_head (
    node  TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    hash  TEXT NOT NULL CHECK (length(hash) = 64),
    at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
