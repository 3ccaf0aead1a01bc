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
-- Sums by unit, so that a card reads the rows of one unit however many stand below it.
CREATE TABLE tally (
    unit TEXT NOT NULL, -- empty: the source names none; '*': all units and none
    period INTEGER NOT NULL,
    measure TEXT NOT NULL,
    yes INTEGER NOT NULL,
    asserted INTEGER NOT NULL,
    own INTEGER NOT NULL, -- of the unit alone
    n INTEGER NOT NULL, -- of the unit and all below it, as the tree stands
    PRIMARY KEY (unit, period, measure, yes, asserted)
) STRICT, WITHOUT ROWID;
-- lookups
CREATE INDEX IF NOT EXISTS fact_case ON fact (case_id, measure);
-- indexes
CREATE INDEX IF NOT EXISTS tally_month ON tally (period);
CREATE INDEX IF NOT EXISTS fact_month ON fact (period, measure, unit, seq, ord);
CREATE INDEX IF NOT EXISTS fact_revoked ON fact (revoked_seq) WHERE revoked_seq IS NOT NULL;
