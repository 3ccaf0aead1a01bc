CREATE TABLE notice_missing (
    id BLOB PRIMARY KEY,
    seq INTEGER NOT NULL, -- of the event that owes it
    event BLOB NOT NULL,
    kind TEXT NOT NULL,
    case_id BLOB, -- what it is about: a case,
    stream TEXT, -- or a duty of a stream of supervision
    task TEXT,
    since INTEGER,
    recipient TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (
    key INTEGER PRIMARY KEY, -- seq of its first event
    id BLOB NOT NULL,
    stage TEXT NOT NULL,
    next_at INTEGER,
    revision INTEGER NOT NULL,
    state BLOB NOT NULL
) STRICT;
-- lookups
CREATE UNIQUE INDEX IF NOT EXISTS notice_id ON notice (id);
-- indexes
CREATE INDEX IF NOT EXISTS notice_missing_at ON notice_missing (occurred_at, seq, kind);
CREATE INDEX IF NOT EXISTS notice_stage ON notice (stage, key);
CREATE INDEX IF NOT EXISTS notice_next ON notice (next_at, key) WHERE next_at IS NOT NULL;
