CREATE TABLE matter_row (
    key INTEGER PRIMARY KEY, -- as in stream
    id BLOB NOT NULL UNIQUE,
    closed INTEGER NOT NULL,
    overdue INTEGER NOT NULL, -- tasks that are late
    waiting INTEGER NOT NULL -- tasks whose feedback waits for review
) STRICT;
CREATE TABLE task_row (
    key INTEGER PRIMARY KEY, -- as in stream
    matter BLOB NOT NULL,
    unit TEXT NOT NULL,
    overdue INTEGER NOT NULL,
    waiting INTEGER NOT NULL
) STRICT;
-- Writing needs this, in a rebuild too.
CREATE INDEX task_matter ON task_row (matter, key);
-- indexes
CREATE INDEX IF NOT EXISTS matter_closed ON matter_row (closed, key);
CREATE INDEX IF NOT EXISTS task_unit ON task_row (unit, key);
