CREATE TABLE case_row (
    key INTEGER PRIMARY KEY, -- seq of the filing
    id BLOB NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    class TEXT NOT NULL,
    channel TEXT NOT NULL,
    urgency TEXT NOT NULL,
    division TEXT NOT NULL,
    stage TEXT NOT NULL,
    unit TEXT,
    section TEXT NOT NULL,
    handler BLOB,
    filed_at INTEGER NOT NULL,
    due_at INTEGER,
    due_kind TEXT,
    provisional INTEGER NOT NULL,
    breached INTEGER NOT NULL,
    round INTEGER NOT NULL,
    ended_at INTEGER,
    source TEXT,
    external_id TEXT,
    flags INTEGER NOT NULL,
    phone BLOB,
    revision INTEGER NOT NULL
) STRICT;
CREATE TABLE case_state (
    key INTEGER PRIMARY KEY,
    state BLOB NOT NULL,
    lists BLOB NOT NULL -- the rows of this case in worklist, due and open_calendar
) STRICT;
-- lookups
CREATE UNIQUE INDEX IF NOT EXISTS case_id ON case_row (id);
CREATE INDEX IF NOT EXISTS case_unit ON case_row (unit);
-- indexes
CREATE INDEX IF NOT EXISTS case_number ON case_row (number);
CREATE INDEX IF NOT EXISTS case_phone ON case_row (phone) WHERE phone IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_external ON case_row (source, external_id) WHERE source IS NOT NULL;
-- The few cases that are hidden from somebody: lists of duties ask it for each row.
CREATE INDEX IF NOT EXISTS case_hidden ON case_row (id, flags, unit) WHERE flags & 3 <> 0;
