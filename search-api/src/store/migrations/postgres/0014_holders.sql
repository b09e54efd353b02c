-- Who searched by an id, and who began or went on with a form: tickets name them by those alone. Ids are random, so that an index by
-- them would cost each search a page somewhere in it; by time they are written at its end, and read over in a few pages.
CREATE INDEX event_search ON event (portal, t, search_id) WHERE kind = 'search' AND search_id IS NOT NULL;
CREATE INDEX event_form ON event (portal, t, form_id)
    WHERE kind IN ('form_open', 'form_suggest', 'form_left') AND form_id IS NOT NULL;
