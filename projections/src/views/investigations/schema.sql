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
CREATE INDEX IF NOT EXISTS investigation_number ON investigation (number);
CREATE INDEX IF NOT EXISTS investigation_stage ON investigation (stage, key);
CREATE INDEX IF NOT EXISTS investigation_advised ON investigation (unit, key) WHERE advised = 1;
CREATE INDEX IF NOT EXISTS investigation_concluded ON investigation (concluded_at) WHERE concluded_at IS NOT NULL;
