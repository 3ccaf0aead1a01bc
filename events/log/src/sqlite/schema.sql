-- The truth: what happened, in one order. Everything here is append-only except `head` and `keys`.

-- Names are stored once. A case stream is named by its 41 characters once, not once per event.
CREATE TABLE streams (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE types (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE actors (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE rulebooks (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- No index on `id`: it would be a random b-tree as large as a tenth of the log. A repeated append is recognised by the
-- ids at its expected place in the stream.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL REFERENCES streams (id),
    revision    INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    type        INTEGER NOT NULL REFERENCES types (id),
    version     INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor       INTEGER NOT NULL REFERENCES actors (id),
    on_behalf   INTEGER REFERENCES actors (id),
    cause       BLOB,
    rulebook    INTEGER REFERENCES rulebooks (id),
    data        BLOB    NOT NULL,
    sealed      BLOB,
    leaf        BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);

-- Roots of complete subtrees: level 1 = 256 leaves, level 2 = 65,536 and so on.
CREATE TABLE tree (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    size        INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    frontier    BLOB    NOT NULL
) STRICT;

INSERT INTO head (one, size, recorded_at, frontier) VALUES (1, 0, 0, x'');

-- Outside of the tree, so that keys can be destroyed. Appended by rowid: rows never move from page to page, and
-- secure_delete leaves nothing behind.
CREATE TABLE keys (
    row     INTEGER PRIMARY KEY,
    owner   INTEGER NOT NULL REFERENCES streams (id),
    id      BLOB    NOT NULL,
    subject TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    wrapped BLOB    NOT NULL
) STRICT;

CREATE INDEX keys_by_owner ON keys (owner);

CREATE TRIGGER streams_keep_update BEFORE UPDATE ON streams BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER streams_keep_delete BEFORE DELETE ON streams BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER types_keep_update BEFORE UPDATE ON types BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER types_keep_delete BEFORE DELETE ON types BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER actors_keep_update BEFORE UPDATE ON actors BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER actors_keep_delete BEFORE DELETE ON actors BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER rulebooks_keep_update BEFORE UPDATE ON rulebooks BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER rulebooks_keep_delete BEFORE DELETE ON rulebooks BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_keep_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_keep_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER tree_keep_update BEFORE UPDATE ON tree BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER tree_keep_delete BEFORE DELETE ON tree BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER head_only_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER head_stays BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'append only'); END;
