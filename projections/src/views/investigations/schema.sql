CREATE TABLE investigation (
    key INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    unit TEXT NOT NULL,
    stage TEXT NOT NULL,
    mode TEXT,
    finding TEXT,
    concluded_at INTEGER,
    advised INTEGER NOT NULL
) STRICT;
-- indexes
CREATE INDEX investigation_number ON investigation (number);
CREATE INDEX investigation_stage ON investigation (stage, key);
CREATE INDEX investigation_advised ON investigation (unit, key) WHERE advised = 1;
CREATE INDEX investigation_concluded ON investigation (concluded_at) WHERE concluded_at IS NOT NULL;
