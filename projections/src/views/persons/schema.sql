CREATE TABLE restricted (
    case_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE erasure (
    seq INTEGER NOT NULL,
    person BLOB NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (seq, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_case ON erasure (case_id);
