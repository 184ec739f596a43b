-- What was asked, what was answered, and what became of each answer.
-- Columns that may hold code (prefix, suffix, text) are NULL under capture = metadata.

CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,               -- seconds since the epoch
    kind TEXT NOT NULL,             -- complete | generate
    path TEXT,
    language TEXT NOT NULL,
    prefix TEXT,
    suffix TEXT,
    total_ms REAL NOT NULL
);

CREATE TABLE candidate (
    suggestion_id TEXT PRIMARY KEY,
    request_id INTEGER NOT NULL REFERENCES request(id) ON DELETE CASCADE,
    place INTEGER NOT NULL,         -- 0 is the best
    withheld INTEGER NOT NULL,      -- 1: the gate rejected it, nobody saw it
    source TEXT NOT NULL,
    model TEXT,
    score REAL NOT NULL,
    status TEXT NOT NULL,
    text TEXT,
    verdict TEXT NOT NULL           -- JSON; without messages under capture = metadata
);

-- No foreign key: an event may arrive for a suggestion that another process, or a server, made.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    suggestion_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL            -- JSON
);
