CREATE TABLE stream (
    key INTEGER PRIMARY KEY, -- seq of its first event
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    ordinal INTEGER NOT NULL, -- among the streams of its kind and year
    revision INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE stream_count (
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, year)
) STRICT, WITHOUT ROWID;
CREATE TABLE agenda (
    next_at INTEGER NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (next_at, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE duty (
    holder TEXT NOT NULL,
    due_at INTEGER NOT NULL, -- largest number = no limit
    key INTEGER NOT NULL,
    task TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (holder, due_at, key, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
    seq INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    key INTEGER NOT NULL,
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    revoked_seq INTEGER,
    PRIMARY KEY (seq, ord)
) STRICT, WITHOUT ROWID;
-- Writing needs these, in a rebuild too.
CREATE INDEX agenda_key ON agenda (key);
CREATE INDEX duty_key ON duty (key);
CREATE INDEX mark_key ON mark (key, kind);
-- indexes
CREATE INDEX IF NOT EXISTS stream_kind ON stream (kind, key);
CREATE INDEX IF NOT EXISTS mark_unit ON mark (unit, kind, at, revoked_seq); -- sums of a unit
CREATE INDEX IF NOT EXISTS mark_unit_at ON mark (unit, at); -- the latest of a unit
