-- What is known of every address: one row a page and source. Times are ISO 8601 in UTC, or seconds since 1970 where a
-- clock is waited for.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    finished TEXT,                      -- empty: broken off, and taken up again by the next run
    software TEXT NOT NULL
);

CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    asked REAL NOT NULL DEFAULT 0,      -- when it was last asked, so that the pace holds across a kill
    not_before REAL NOT NULL DEFAULT 0  -- cool-down that the host asked for
);

CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    fetched REAL NOT NULL,
    status INTEGER NOT NULL,
    text TEXT NOT NULL
);

CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    covered TEXT,                       -- lists were read back to this day; '' to their end; NULL: never
    rung INTEGER NOT NULL DEFAULT 0     -- how far down the ladder of archives it went in this run
);

CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    key TEXT NOT NULL,                  -- identity of the address
    url TEXT NOT NULL,
    role TEXT NOT NULL,                 -- list, article, document, feed, index, collections
    host TEXT NOT NULL,                 -- whom to ask
    ask TEXT,                           -- JSON: fields to post, where in which archive it stands, which article named a document
    number INTEGER NOT NULL DEFAULT 1,  -- of a list's pages
    hops INTEGER NOT NULL DEFAULT 0,    -- redirects behind it
    listed TEXT,                        -- date that a list prints beside it
    state TEXT NOT NULL DEFAULT 'queued',
    reason TEXT,
    run INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    status INTEGER,
    final_url TEXT,
    etag TEXT,
    last_modified TEXT,
    media_type TEXT,
    charset TEXT,
    sha256 TEXT,                        -- of the content, transfer and compression undone
    text_key TEXT,                      -- of the visible text: copies have the same
    letters_key TEXT,                   -- of its letters alone: pages of a trap have the same
    captured TEXT,
    warc_file TEXT,
    warc_offset INTEGER,
    via TEXT,                           -- archive it came from; empty: the portal itself
    settled TEXT,
    fresh INTEGER NOT NULL DEFAULT 0,   -- its content is not what it was before this run
    UNIQUE (source, key)
);
CREATE INDEX pages_by_host ON pages (host, state, due);
CREATE INDEX pages_by_run ON pages (source, run, role, state);
CREATE INDEX pages_by_text ON pages (source, text_key);
CREATE INDEX pages_by_key ON pages (key);

-- Every record written, so that equal payloads become revisits and evidence is never lost by a newer reading.
CREATE TABLE captures (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    key TEXT NOT NULL,                  -- identity of the address
    kind TEXT NOT NULL,                 -- response, revisit, resource
    status INTEGER,
    captured TEXT NOT NULL,
    sha256 TEXT,
    payload TEXT NOT NULL,              -- digest of the payload as it came over the wire
    warc_file TEXT NOT NULL,
    warc_offset INTEGER NOT NULL
);
CREATE INDEX captures_by_payload ON captures (payload);
CREATE INDEX captures_by_key ON captures (key);

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,                 -- what happened, one word or two
    source TEXT,
    host TEXT,
    url TEXT,
    detail TEXT NOT NULL
);
