-- What became of what began on a day, by window: worked out from rows while the server runs, so that long reports need none. Without
-- a word of what anybody typed; see the type Facts.
CREATE TABLE day_facts (
    portal   TEXT    NOT NULL,
    span     TEXT    NOT NULL,                 -- the window
    day      BIGINT  NOT NULL,                 -- days since 1970-01-01, in the portal's calendar
    zone     TEXT    NOT NULL,                 -- that calendar's time zone
    format   BIGINT  NOT NULL,
    known_at BIGINT  NOT NULL,                 -- the moment whose knowledge was used
    facts    BYTEA   NOT NULL,
    PRIMARY KEY (portal, span, day)
);

-- How often rows came that change what was worked out of days long past: an import, a backfill.
CREATE TABLE changed_past (
    portal TEXT    NOT NULL PRIMARY KEY,
    times  BIGINT  NOT NULL
);
-- Mostly hashes: trying to compress them only takes time.
ALTER TABLE day_facts ALTER COLUMN facts SET STORAGE EXTERNAL;
