-- Who searched by an id, and who began or went on with a form: tickets name them by those alone.
CREATE INDEX event_search ON event (portal, search_id) WHERE kind = 'search' AND search_id IS NOT NULL;
CREATE INDEX event_form ON event (portal, form_id)
    WHERE kind IN ('form_open', 'form_suggest', 'form_left') AND form_id IS NOT NULL;
