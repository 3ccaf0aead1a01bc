CREATE TABLE import_batch (
    key INTEGER PRIMARY KEY, -- seq of its start
    id BLOB NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    started TEXT NOT NULL,
    finished_at INTEGER,
    finished TEXT
) STRICT;
