-- What chance gave who opened a form: the experiment, the people in a thousand that it holds out, and shown or held.
ALTER TABLE event ADD COLUMN experiment TEXT;
ALTER TABLE event ADD COLUMN per_mille INTEGER;
ALTER TABLE event ADD COLUMN arm TEXT;
