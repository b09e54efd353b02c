-- Tickets of the built-in form that are still to be handed over to a help desk; a row comes and goes with what it speaks of.
CREATE TABLE outbox (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due      INTEGER,                          -- NULL: given up
    PRIMARY KEY (portal, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (due);
CREATE INDEX outbox_by_time ON outbox (since);
