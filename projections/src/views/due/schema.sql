CREATE TABLE due (
    next_at INTEGER NOT NULL,
    key INTEGER NOT NULL,
    clock TEXT NOT NULL,
    round INTEGER NOT NULL,
    act TEXT NOT NULL,
    PRIMARY KEY (next_at, key, clock, round)
) STRICT, WITHOUT ROWID;
CREATE TABLE open_calendar (
    key INTEGER NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (key, version)
) STRICT, WITHOUT ROWID;
