-- What each key gives for a fixed text: servers that share a database must have the same keys. Nothing of a key can be found from it.
CREATE TABLE key_check (
    name  TEXT NOT NULL PRIMARY KEY,           -- of the key's file, without .key
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX address_by_time ON address (since);
CREATE INDEX ticket_fact_of_any_portal_by_time ON ticket_fact (at);
CREATE INDEX ticket_stage_by_time ON ticket_stage (at);
CREATE INDEX idempotency_by_time ON idempotency (at);
