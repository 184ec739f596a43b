-- Bearer tokens of the team server; of the token itself only a hash.
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,             -- SHA-256 of the secret, hexadecimal
    created REAL NOT NULL,          -- seconds since the epoch
    expires REAL,
    revoked REAL
);
