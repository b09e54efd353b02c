-- Whether a click opened the tile of a task; NULL: it did not.
ALTER TABLE event ADD COLUMN task INTEGER;
