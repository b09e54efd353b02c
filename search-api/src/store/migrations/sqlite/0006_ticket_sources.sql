-- What sources of tickets said: each word once, however often it is delivered. `word` is a keyed hash of what the word is about.
CREATE TABLE ticket_notice (
    portal TEXT    NOT NULL,
    source TEXT    NOT NULL,
    word   BLOB    NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (portal, source, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_notice_by_time ON ticket_notice (at);

-- For which time a source was broken, as an operator noted it.
CREATE TABLE outage (
    portal TEXT    NOT NULL,
    source TEXT    NOT NULL,
    start  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (portal, source, start, until)
) STRICT, WITHOUT ROWID;
