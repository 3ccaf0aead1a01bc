CREATE TABLE card (
    key INTEGER PRIMARY KEY, -- as in stream
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    unit TEXT NOT NULL,
    colour TEXT NOT NULL,
    stage TEXT NOT NULL,
    tab TEXT NOT NULL
) STRICT;
CREATE TABLE card_due ( -- grounds without a card, and cards without a ground
    id BLOB PRIMARY KEY, -- of the card
    at INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    gone INTEGER NOT NULL -- 1 = the ground of a live card is gone
) STRICT, WITHOUT ROWID;
-- Writing needs these, in a rebuild too.
CREATE INDEX card_case ON card (case_id);
CREATE INDEX card_due_case ON card_due (case_id);
-- indexes
CREATE INDEX IF NOT EXISTS card_tab ON card (tab, key);
CREATE INDEX IF NOT EXISTS card_unit ON card (unit, key);
CREATE INDEX IF NOT EXISTS card_due_at ON card_due (at, id);
