-- When each article was last opened is asked of half a year at once.
CREATE INDEX event_opening ON event (portal, slug, t)
    WHERE kind IN ('click', 'form_suggest') AND mark IS NULL AND slug IS NOT NULL;
