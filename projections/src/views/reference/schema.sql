CREATE TABLE unit (
    code TEXT PRIMARY KEY,
    state BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    key INTEGER PRIMARY KEY, -- seq of the opening
    id BLOB NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    unit TEXT,
    staff TEXT NOT NULL,
    roles TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    hash TEXT,
    must_change INTEGER NOT NULL
) STRICT;
CREATE TABLE ended_session (
    session BLOB PRIMARY KEY,
    dead_by INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rule_event (
    seq INTEGER PRIMARY KEY,
    recorded_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
-- lookups
CREATE UNIQUE INDEX IF NOT EXISTS account_id ON account (id);
-- indexes
