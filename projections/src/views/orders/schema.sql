CREATE TABLE order_row (
    key INTEGER PRIMARY KEY, -- as in stream
    unit TEXT NOT NULL,
    case_id BLOB, -- that it rests on
    tab TEXT NOT NULL
) STRICT;
-- indexes
CREATE INDEX IF NOT EXISTS order_tab ON order_row (tab, key);
CREATE INDEX IF NOT EXISTS order_unit ON order_row (unit, key);
CREATE INDEX IF NOT EXISTS order_case ON order_row (case_id, key) WHERE case_id IS NOT NULL;
