CREATE TABLE doc (
    key INTEGER PRIMARY KEY, -- seq of the filing: newest first is the order of the keys
    case_id BLOB NOT NULL UNIQUE,
    number TEXT NOT NULL,
    scope TEXT NOT NULL
) STRICT;
CREATE INDEX doc_number ON doc (number);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1, detail = none, tokenize = "unicode61 remove_diacritics 0");
CREATE TABLE skipped (
    seq INTEGER PRIMARY KEY,
    why TEXT NOT NULL
) STRICT;
