CREATE TABLE public_count (
    period INTEGER NOT NULL,
    dimension TEXT NOT NULL, -- all, class, county, township, unit
    value TEXT NOT NULL,
    what TEXT NOT NULL, -- filed, ended, answered, in_time
    n INTEGER NOT NULL,
    PRIMARY KEY (period, dimension, value, what)
) STRICT, WITHOUT ROWID;
CREATE TABLE public_case (
    key INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    class TEXT NOT NULL,
    division TEXT NOT NULL,
    unit TEXT NOT NULL,
    stage TEXT NOT NULL,
    filed_at INTEGER NOT NULL,
    answered_at INTEGER,
    ended_at INTEGER
) STRICT;
-- indexes
CREATE INDEX IF NOT EXISTS public_filed ON public_case (filed_at, key);
CREATE INDEX IF NOT EXISTS public_class ON public_case (class, filed_at, key);
CREATE INDEX IF NOT EXISTS public_unit ON public_case (unit, filed_at, key);
CREATE INDEX IF NOT EXISTS public_county ON public_case (substr(division, 1, 6), filed_at, key);
CREATE INDEX IF NOT EXISTS public_township ON public_case (substr(division, 1, 9), filed_at, key);
