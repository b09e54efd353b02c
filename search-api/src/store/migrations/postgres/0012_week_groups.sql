-- What was searched in an ISO week, by meaning, and what became of it: worked out from rows while the server runs, so that tables of
-- groups need none. Texts are in it, redacted as in the rows, and for no longer; see the types Said and Cells.
CREATE TABLE week_groups (
    portal   TEXT    NOT NULL,
    monday   BIGINT  NOT NULL,                 -- days since 1970-01-01, in the portal's calendar
    zone     TEXT    NOT NULL,                 -- that calendar's time zone
    format   BIGINT  NOT NULL,
    known_at BIGINT  NOT NULL,                 -- the moment whose knowledge was used
    has_text BIGINT  NOT NULL,                 -- whether anything that anybody typed is in it
    said     BYTEA   NOT NULL,
    cells_1h BYTEA   NOT NULL,                 -- by window
    cells_24h BYTEA  NOT NULL,
    cells_72h BYTEA  NOT NULL,
    cells_7d BYTEA   NOT NULL,
    PRIMARY KEY (portal, monday)
);
CREATE INDEX week_groups_by_monday ON week_groups (monday);
-- Mostly hashes and vectors: trying to compress them only takes time.
ALTER TABLE week_groups ALTER COLUMN said SET STORAGE EXTERNAL;
ALTER TABLE week_groups ALTER COLUMN cells_1h SET STORAGE EXTERNAL;
ALTER TABLE week_groups ALTER COLUMN cells_24h SET STORAGE EXTERNAL;
ALTER TABLE week_groups ALTER COLUMN cells_72h SET STORAGE EXTERNAL;
ALTER TABLE week_groups ALTER COLUMN cells_7d SET STORAGE EXTERNAL;
