-- A ticket may be on its way to a help desk, and word of it to whoever wrote it: one row each.
ALTER TABLE outbox RENAME TO outbox_before;
CREATE TABLE outbox (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    way      TEXT    NOT NULL,
    stage    INTEGER NOT NULL,                 -- of a mail the number of the stage that it tells of, else 0
    since    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due      INTEGER,                          -- NULL: given up
    PRIMARY KEY (portal, id, way)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox (portal, id, way, stage, since, attempts, due)
    SELECT portal, id, 'desk', 0, since, attempts, due FROM outbox_before;
DROP TABLE outbox_before;
CREATE INDEX outbox_by_due ON outbox (way, due);
CREATE INDEX outbox_by_time ON outbox (since);

-- Mails of the last day, to count those to one address.
CREATE TABLE mailed (
    portal  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    stage   INTEGER NOT NULL,
    address BLOB    NOT NULL,                  -- keyed hash
    at      INTEGER NOT NULL,
    PRIMARY KEY (portal, id, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX mailed_by_address ON mailed (address, at);
CREATE INDEX mailed_by_time ON mailed (at);
