-- Times are milliseconds since 1970 UTC; hashes are keyed (HMAC), 16 bytes. No address, user agent or raw id of a person is stored.

CREATE TABLE event (
    seq            INTEGER PRIMARY KEY,
    portal         TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    digest         BLOB    NOT NULL,           -- of the content: equal id and digest = the same event again
    t              INTEGER NOT NULL,           -- when it happened, skew taken out and clamped; derived, for ranges
    at             INTEGER NOT NULL,
    sent_at        INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    backfill       INTEGER NOT NULL,
    subject        BLOB,
    browser        BLOB,
    browser_before BLOB,                       -- under last month's key; dropped with that key
    roles          TEXT    NOT NULL,           -- sorted, separated by commas
    mark           TEXT,
    surface        TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    search_id      TEXT,
    form_id        TEXT,
    ticket_id      TEXT,
    slug           TEXT,
    rank           INTEGER,
    text           TEXT,                       -- query or comment, redacted
    language       TEXT,
    results        INTEGER,
    confidence     TEXT,
    solved         INTEGER,
    model          BLOB,
    vector         BLOB,
    UNIQUE (portal, id)
) STRICT;
CREATE INDEX event_by_portal_and_time ON event (portal, t);
CREATE INDEX event_by_time ON event (t);
CREATE INDEX event_with_text ON event (t) WHERE text IS NOT NULL;
CREATE INDEX event_carrying_last_month ON event (t) WHERE browser_before IS NOT NULL;

-- What is kept of a ticket for analysis.
CREATE TABLE ticket_fact (
    portal         TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    source         TEXT    NOT NULL,
    subject        BLOB,
    browser        BLOB,
    browser_before BLOB,
    email          BLOB,
    mark           TEXT,
    search_id      TEXT,
    form_id        TEXT,
    text           TEXT,                       -- subject, redacted
    model          BLOB,
    vector         BLOB,
    PRIMARY KEY (portal, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_fact_by_time ON ticket_fact (portal, at);

-- The ticket as written, encrypted; read by its owner and staff.
CREATE TABLE ticket (
    portal TEXT NOT NULL,
    id     TEXT NOT NULL,
    owner  BLOB,
    sealed BLOB NOT NULL,
    PRIMARY KEY (portal, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_stage (
    portal TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    number INTEGER NOT NULL,
    stage  TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (portal, id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    key       BLOB    NOT NULL PRIMARY KEY,    -- keyed hash of portal, person and key
    digest    BLOB    NOT NULL,                -- keyed hash of the ticket as sent
    ticket_id TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
    portal         TEXT    NOT NULL,
    email          BLOB    NOT NULL,
    person         BLOB    NOT NULL,           -- the hash below that is set
    subject        BLOB,
    browser        BLOB,
    browser_before BLOB,
    since          INTEGER NOT NULL,
    PRIMARY KEY (portal, email, person)
) STRICT, WITHOUT ROWID;

-- For which time a source's tickets are all known; portal NULL = every portal (the built-in form, while the server runs).
CREATE TABLE coverage (
    seq        INTEGER PRIMARY KEY,
    portal     TEXT,
    source     TEXT    NOT NULL,
    start      INTEGER NOT NULL,
    until      INTEGER NOT NULL
) STRICT;

-- What never became a row, by hour.
CREATE TABLE lost (
    portal TEXT    NOT NULL,
    hour   INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (portal, hour, reason)
) STRICT, WITHOUT ROWID;
