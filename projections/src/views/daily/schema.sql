CREATE TABLE daily_case (
    day INTEGER NOT NULL, -- legal day, from 1970-01-01
    kind TEXT NOT NULL, -- filed, dispatched, ended, dissatisfied
    key INTEGER NOT NULL, -- of the case
    wrongdoing INTEGER NOT NULL,
    PRIMARY KEY (day, kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE daily_count (
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    wrongdoing INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (day, kind, wrongdoing)
) STRICT, WITHOUT ROWID;
-- indexes
CREATE INDEX IF NOT EXISTS case_urgency ON case_row (urgency, coalesce(due_at, 9223372036854775807), key, flags, stage) WHERE stage NOT IN ('archived', 'refused');
CREATE INDEX IF NOT EXISTS duty_task ON duty (task, due_at, key);
CREATE INDEX IF NOT EXISTS mark_kind ON mark (kind, at, revoked_seq);
