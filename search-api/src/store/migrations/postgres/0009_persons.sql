-- What is held of one person is found without reading everything; what audits hold of readers is forgotten by time.
CREATE INDEX event_by_subject ON event (portal, subject) WHERE subject IS NOT NULL;
CREATE INDEX event_by_browser ON event (portal, browser) WHERE browser IS NOT NULL;
CREATE INDEX event_by_browser_before ON event (portal, browser_before) WHERE browser_before IS NOT NULL;
CREATE INDEX ticket_by_owner ON ticket (portal, owner) WHERE owner IS NOT NULL;
CREATE INDEX reading_by_time ON reading (at);
CREATE INDEX day_facts_by_day ON day_facts (day);
