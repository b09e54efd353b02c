-- The last word of each visitor on each article, with what they held: visitors who hold the same see the same. `held` and `visitor`
-- are keyed hashes; kept apart from the events, whose figures need neither.
CREATE TABLE vote (
    portal  TEXT    NOT NULL,
    slug    TEXT    NOT NULL,
    visitor BLOB    NOT NULL,
    held    BLOB    NOT NULL,
    t       INTEGER NOT NULL,
    solved  INTEGER NOT NULL,
    PRIMARY KEY (portal, slug, visitor, held)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_by_time ON vote (t);
