-- Tickets of the built-in form that are still to be handed over to a help desk; a row comes and goes with what it speaks of.
CREATE TABLE outbox (
    portal   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    since    BIGINT  NOT NULL,
    attempts BIGINT  NOT NULL,
    due      BIGINT,                           -- NULL: given up
    PRIMARY KEY (portal, id)
);
CREATE INDEX outbox_by_due ON outbox (due);
CREATE INDEX outbox_by_time ON outbox (since);
