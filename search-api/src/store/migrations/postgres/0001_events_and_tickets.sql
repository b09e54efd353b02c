-- The same tables as in SQLite, of which the statements are shared; flags are 0 or 1, as they are there.
-- Times are milliseconds since 1970 UTC; hashes are keyed (HMAC), 16 bytes. No address, user agent or raw id of a person is stored.

CREATE TABLE event (
    seq            BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portal         TEXT     NOT NULL,
    id             TEXT     NOT NULL,
    digest         BYTEA    NOT NULL,          -- of the content: equal id and digest = the same event again
    t              BIGINT   NOT NULL,          -- when it happened, skew taken out and clamped; derived, for ranges
    at             BIGINT   NOT NULL,
    sent_at        BIGINT   NOT NULL,
    received_at    BIGINT   NOT NULL,
    backfill       SMALLINT NOT NULL,
    subject        BYTEA,
    browser        BYTEA,
    browser_before BYTEA,                      -- under last month's key; dropped with that key
    roles          TEXT     NOT NULL,          -- sorted, separated by commas
    mark           TEXT,
    surface        TEXT     NOT NULL,
    kind           TEXT     NOT NULL,
    search_id      TEXT,
    form_id        TEXT,
    ticket_id      TEXT,
    slug           TEXT,
    rank           BIGINT,
    text           TEXT,                       -- query or comment, redacted
    language       TEXT,
    results        BIGINT,
    confidence     TEXT,
    solved         SMALLINT,
    model          BYTEA,
    vector         BYTEA,
    UNIQUE (portal, id)
);
CREATE INDEX event_by_portal_and_time ON event (portal, t);
CREATE INDEX event_by_time ON event (t);
CREATE INDEX event_with_text ON event (t) WHERE text IS NOT NULL;
CREATE INDEX event_carrying_last_month ON event (t) WHERE browser_before IS NOT NULL;

-- What is kept of a ticket for analysis.
CREATE TABLE ticket_fact (
    portal         TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    source         TEXT   NOT NULL,
    subject        BYTEA,
    browser        BYTEA,
    browser_before BYTEA,
    email          BYTEA,
    mark           TEXT,
    search_id      TEXT,
    form_id        TEXT,
    text           TEXT,                       -- subject, redacted
    model          BYTEA,
    vector         BYTEA,
    PRIMARY KEY (portal, id)
);
CREATE INDEX ticket_fact_by_time ON ticket_fact (portal, at);

-- The ticket as written, encrypted; read by its owner and staff.
CREATE TABLE ticket (
    portal TEXT  NOT NULL,
    id     TEXT  NOT NULL,
    owner  BYTEA,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (portal, id)
);

CREATE TABLE ticket_stage (
    portal TEXT   NOT NULL,
    id     TEXT   NOT NULL,
    number BIGINT NOT NULL,
    stage  TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (portal, id, number)
);

CREATE TABLE idempotency (
    key       BYTEA  NOT NULL PRIMARY KEY,     -- keyed hash of portal, person and key
    digest    BYTEA  NOT NULL,                 -- keyed hash of the ticket as sent
    ticket_id TEXT   NOT NULL,
    at        BIGINT NOT NULL
);

CREATE TABLE address (
    portal         TEXT   NOT NULL,
    email          BYTEA  NOT NULL,
    person         BYTEA  NOT NULL,            -- the hash below that is set
    subject        BYTEA,
    browser        BYTEA,
    browser_before BYTEA,
    since          BIGINT NOT NULL,
    PRIMARY KEY (portal, email, person)
);

-- For which time a source's tickets are all known; portal NULL = every portal (the built-in form, while the server runs).
CREATE TABLE coverage (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portal     TEXT,
    source     TEXT   NOT NULL,
    start      BIGINT NOT NULL,
    until      BIGINT NOT NULL
);

-- What never became a row, by hour.
CREATE TABLE lost (
    portal TEXT   NOT NULL,
    hour   BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (portal, hour, reason)
);
