CREATE TABLE head (
    day INTEGER PRIMARY KEY, -- legal day, from 1970-01-01
    size INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    public_key TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
-- indexes
CREATE INDEX IF NOT EXISTS head_size ON head (size);
