-- Feedback events on their way to a team server; a row is gone once the server has it.
CREATE TABLE waiting (
    uid TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    workspace TEXT NOT NULL,
    event TEXT NOT NULL             -- JSON, an EventForm
);
CREATE INDEX waiting_by_url ON waiting(url);
