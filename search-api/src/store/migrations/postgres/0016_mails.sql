-- A ticket may be on its way to a help desk, and word of it to whoever wrote it: one row each.
ALTER TABLE outbox RENAME TO outbox_before;
CREATE TABLE outbox (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    way      TEXT    NOT NULL,
    stage    BIGINT  NOT NULL,                 -- of a mail the number of the stage that it tells of, else 0
    since    BIGINT  NOT NULL,
    attempts BIGINT  NOT NULL,
    due      BIGINT,                           -- NULL: given up
    PRIMARY KEY (portal, id, way)
);
INSERT INTO outbox (portal, id, way, stage, since, attempts, due)
    SELECT portal, id, 'desk', 0, since, attempts, due FROM outbox_before;
DROP TABLE outbox_before;
CREATE INDEX outbox_by_due ON outbox (way, due);
CREATE INDEX outbox_by_time ON outbox (since);

-- Mails of the last day, to count those to one address.
CREATE TABLE mailed (
    portal  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    stage   BIGINT  NOT NULL,
    address BYTEA   NOT NULL,                  -- keyed hash
    at      BIGINT  NOT NULL,
    PRIMARY KEY (portal, id, stage)
);
CREATE INDEX mailed_by_address ON mailed (address, at);
CREATE INDEX mailed_by_time ON mailed (at);
