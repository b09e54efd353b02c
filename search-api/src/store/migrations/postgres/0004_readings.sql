-- Who read text as people typed it, or exact times: a row for each reading, written before it was answered.
CREATE TABLE reading (
    seq    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portal TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    reader BYTEA,                              -- keyed hash of the reader's subject, as events carry it
    what   TEXT   NOT NULL,                    -- what was asked, as the query of an address
    rows   BIGINT NOT NULL                     -- how many rows were shown
);
CREATE INDEX reading_by_portal_and_time ON reading (portal, at);
