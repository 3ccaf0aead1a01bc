CREATE TABLE rectification (
    key INTEGER PRIMARY KEY,
    unit TEXT NOT NULL,
    done INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
-- indexes
CREATE INDEX IF NOT EXISTS rectification_by_due ON rectification (done, due_at, key);
CREATE INDEX IF NOT EXISTS rectification_by_unit ON rectification (unit, done, due_at, key);
