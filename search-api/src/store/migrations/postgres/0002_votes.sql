-- The last word of each visitor on each article, with what they held: visitors who hold the same see the same. `held` and `visitor`
-- are keyed hashes; kept apart from the events, whose figures need neither.
CREATE TABLE vote (
    portal  TEXT     NOT NULL,
    slug    TEXT     NOT NULL,
    visitor BYTEA    NOT NULL,
    held    BYTEA    NOT NULL,
    t       BIGINT   NOT NULL,
    solved  SMALLINT NOT NULL,
    PRIMARY KEY (portal, slug, visitor, held)
);
CREATE INDEX vote_by_time ON vote (t);
