
-- What a node's copy has more: where it goes on, in the cluster's own words, and keys whose event has not come yet.
CREATE TABLE followed (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    place BLOB    NOT NULL
) STRICT;

INSERT INTO followed (one, place) VALUES (1, x'');

-- A key is written before the events that use it and counts from the event that it names; of an append that lost its
-- place to another, the keys never count.
CREATE TABLE waiting (
    row      INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    event    BLOB    NOT NULL,
    owner    TEXT    NOT NULL,
    id       BLOB    NOT NULL,
    subject  TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    wrapped  BLOB    NOT NULL
) STRICT;

CREATE INDEX waiting_by_place ON waiting (stream, revision);
CREATE INDEX waiting_by_owner ON waiting (owner, subject);
