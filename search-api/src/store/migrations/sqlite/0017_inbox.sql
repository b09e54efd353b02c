-- Tickets by the stage in which they are, for those who answer them.
CREATE INDEX ticket_stage_by_stage ON ticket_stage (portal, stage, at, id);
