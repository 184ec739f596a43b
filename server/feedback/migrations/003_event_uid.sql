-- What a client sends again, since it has not heard of our answer, is kept once. NULL: recorded on this machine.
ALTER TABLE event ADD COLUMN uid TEXT;
CREATE UNIQUE INDEX event_by_uid ON event(uid);
