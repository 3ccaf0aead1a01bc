CREATE TABLE holder (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE worklist (
    holder INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    key INTEGER NOT NULL,
    filed_at INTEGER NOT NULL,
    number TEXT NOT NULL,
    class TEXT NOT NULL,
    unit TEXT NOT NULL,
    wrongdoing INTEGER NOT NULL,
    PRIMARY KEY (holder, bucket, due_at, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE worklist_count (
    holder INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (holder, bucket)
) STRICT, WITHOUT ROWID;
-- indexes
CREATE INDEX IF NOT EXISTS worklist_filed ON worklist (holder, bucket, filed_at, key, class, unit, wrongdoing);
CREATE INDEX IF NOT EXISTS worklist_number ON worklist (holder, bucket, number, key, class, unit, wrongdoing);
CREATE INDEX IF NOT EXISTS worklist_wrongdoing ON worklist (holder, bucket, due_at) WHERE wrongdoing = 1;
