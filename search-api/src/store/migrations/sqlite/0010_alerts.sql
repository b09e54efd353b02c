-- What a portal's webhook was or is to be told: each thing once, whoever works it out, and however often.
CREATE TABLE alert (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,                 -- keyed hash of what it is about
    since    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due      INTEGER,                          -- NULL: sent, or given up
    body     TEXT,                             -- NULL: likewise
    PRIMARY KEY (portal, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_by_due ON alert (due);
CREATE INDEX alert_by_time ON alert (since);
