CREATE TABLE escalation_expected ( -- raises that ought to happen and have not
    case_id BLOB NOT NULL,
    trigger_name TEXT NOT NULL,
    cluster TEXT NOT NULL, -- empty for a case of its own
    at INTEGER NOT NULL,
    PRIMARY KEY (case_id, trigger_name)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_met ( -- triggers that were acted on
    case_id BLOB NOT NULL,
    trigger_name TEXT NOT NULL,
    PRIMARY KEY (case_id, trigger_name)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_like ( -- open cases that may be one matter of several petitioners
    cluster TEXT NOT NULL,
    at INTEGER NOT NULL, -- of the dispatch
    case_id BLOB NOT NULL,
    petitioner BLOB NOT NULL,
    rulebook TEXT NOT NULL,
    PRIMARY KEY (cluster, at, case_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_group ( -- matters of like cases
    cluster TEXT NOT NULL,
    ladder TEXT NOT NULL,
    key INTEGER NOT NULL,
    stage TEXT NOT NULL, -- open, full (takes no further case), over
    PRIMARY KEY (cluster, ladder, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_open (
    ladder TEXT NOT NULL,
    level INTEGER NOT NULL,
    due_at INTEGER NOT NULL, -- largest number = the clock stands
    key INTEGER NOT NULL,
    wrongdoing INTEGER NOT NULL,
    PRIMARY KEY (ladder, level, due_at, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_count (
    ladder TEXT NOT NULL,
    level INTEGER NOT NULL,
    wrongdoing INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (ladder, level, wrongdoing)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_case (
    case_id BLOB NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (case_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_unit ( -- open ones: the unit of the case, the owner, units with tasks
    unit TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (unit, due_at, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation_sync ( -- open ones that have to follow their cases
    key INTEGER PRIMARY KEY
) STRICT;
-- Writing needs these, in a rebuild too.
CREATE INDEX escalation_expected_cluster ON escalation_expected (cluster) WHERE cluster <> '';
CREATE INDEX escalation_open_key ON escalation_open (key);
CREATE INDEX escalation_unit_key ON escalation_unit (key);
-- lookups
CREATE INDEX IF NOT EXISTS escalation_like_case ON escalation_like (case_id);
-- indexes
CREATE INDEX IF NOT EXISTS escalation_expected_at ON escalation_expected (at, case_id);
