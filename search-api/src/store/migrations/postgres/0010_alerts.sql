-- What a portal's webhook was or is to be told: each thing once, whoever works it out, and however often.
CREATE TABLE alert (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,                 -- keyed hash of what it is about
    since    BIGINT  NOT NULL,
    attempts BIGINT  NOT NULL,
    due      BIGINT,                           -- NULL: sent, or given up
    body     TEXT,                             -- NULL: likewise
    PRIMARY KEY (portal, id)
);
CREATE INDEX alert_by_due ON alert (due);
CREATE INDEX alert_by_time ON alert (since);
