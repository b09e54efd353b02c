-- What became of what began on a day, by window: worked out from rows while the server runs, so that long reports need none. Without
-- a word of what anybody typed; see the type Facts.
CREATE TABLE day_facts (
    portal   TEXT    NOT NULL,
    span     TEXT    NOT NULL,                 -- the window
    day      INTEGER NOT NULL,                 -- days since 1970-01-01, in the portal's calendar
    zone     TEXT    NOT NULL,                 -- that calendar's time zone
    format   INTEGER NOT NULL,
    known_at INTEGER NOT NULL,                 -- the moment whose knowledge was used
    facts    BLOB    NOT NULL,
    PRIMARY KEY (portal, span, day)
) STRICT;

-- How often rows came that change what was worked out of days long past: an import, a backfill.
CREATE TABLE changed_past (
    portal TEXT    NOT NULL PRIMARY KEY,
    times  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
