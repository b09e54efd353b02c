-- Who read text as people typed it, or exact times: a row for each reading, written before it was answered.
CREATE TABLE reading (
    seq    INTEGER PRIMARY KEY,
    portal TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    reader BLOB,                               -- keyed hash of the reader's subject, as events carry it
    what   TEXT    NOT NULL,                   -- what was asked, as the query of an address
    rows   INTEGER NOT NULL                    -- how many rows were shown
) STRICT;
CREATE INDEX reading_by_portal_and_time ON reading (portal, at);
