-- How like a search was to what its visitor searched and wrote around it, worked out before its text goes: NULL until then.
ALTER TABLE event ADD COLUMN ties BYTEA;
