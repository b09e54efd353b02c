-- What was searched in an ISO week, by meaning, and what became of it: worked out from rows while the server runs, so that tables of
-- groups need none. Texts are in it, redacted as in the rows, and for no longer; see the types Said and Cells.
CREATE TABLE week_groups (
    portal   TEXT    NOT NULL,
    monday   INTEGER NOT NULL,                 -- days since 1970-01-01, in the portal's calendar
    zone     TEXT    NOT NULL,                 -- that calendar's time zone
    format   INTEGER NOT NULL,
    known_at INTEGER NOT NULL,                 -- the moment whose knowledge was used
    has_text INTEGER NOT NULL,                 -- whether anything that anybody typed is in it
    said     BLOB    NOT NULL,
    cells_1h BLOB    NOT NULL,                 -- by window
    cells_24h BLOB   NOT NULL,
    cells_72h BLOB   NOT NULL,
    cells_7d BLOB    NOT NULL,
    PRIMARY KEY (portal, monday)
) STRICT;
CREATE INDEX week_groups_by_monday ON week_groups (monday);
