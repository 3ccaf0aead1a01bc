CREATE TABLE fact (
    seq INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    unit TEXT NOT NULL, -- empty: the source names none
    case_id BLOB NOT NULL,
    class TEXT NOT NULL,
    measure TEXT NOT NULL,
    yes INTEGER NOT NULL,
    period INTEGER NOT NULL,
    asserted INTEGER NOT NULL,
    revoked_seq INTEGER,
    PRIMARY KEY (seq, ord)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally (
    period INTEGER NOT NULL,
    unit TEXT NOT NULL, -- '*': all units and none
    measure TEXT NOT NULL,
    yes INTEGER NOT NULL,
    asserted INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (period, unit, measure, yes, asserted)
) STRICT, WITHOUT ROWID;
-- indexes
CREATE INDEX IF NOT EXISTS fact_month ON fact (period, measure, unit, seq, ord);
CREATE INDEX IF NOT EXISTS fact_revoked ON fact (revoked_seq) WHERE revoked_seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS fact_case ON fact (case_id, measure);
