-- The dataset as first published. A change is a new numbered file; this one stays as it is.
-- What each column means is said in columns.py, which a test holds against these tables.

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    ended TEXT,
    version TEXT NOT NULL,
    patterns TEXT,
    articles_new INTEGER NOT NULL DEFAULT 0,
    articles_changed INTEGER NOT NULL DEFAULT 0,
    articles_same INTEGER NOT NULL DEFAULT 0,
    issues INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE issues (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    input TEXT NOT NULL,
    what TEXT NOT NULL,
    mend TEXT,
    UNIQUE (input, what)
);

CREATE TABLE units (
    id TEXT PRIMARY KEY,
    level TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT,
    code TEXT,
    district TEXT,
    province TEXT,
    today TEXT NOT NULL,
    uid TEXT,
    candidates TEXT NOT NULL
);
CREATE INDEX units_name ON units (name);

CREATE TABLE unit_today (
    unit_id TEXT NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    province TEXT,
    whole INTEGER NOT NULL,
    PRIMARY KEY (unit_id, position)
);
CREATE INDEX unit_today_code ON unit_today (code);

CREATE TABLE articles (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    url TEXT,
    title TEXT,
    published TEXT,
    publisher TEXT,
    home_district TEXT REFERENCES units (id),
    home_province TEXT REFERENCES units (id),
    patterns TEXT,
    content TEXT,
    run INTEGER NOT NULL REFERENCES runs (id),
    text TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX articles_content ON articles (content);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_home_district ON articles (home_district);
CREATE INDEX articles_home_province ON articles (home_province);
CREATE INDEX articles_run ON articles (run);

CREATE TABLE article_sources (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    record_id TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT,
    title TEXT,
    published TEXT,
    publisher TEXT
);
CREATE UNIQUE INDEX article_sources_where ON article_sources (article_id, record_id, source, COALESCE(url, ''));
CREATE INDEX article_sources_record ON article_sources (record_id);

CREATE TABLE authors (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
);

CREATE TABLE unit_mentions (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
);
CREATE INDEX unit_mentions_unit ON unit_mentions (unit_id);

CREATE TABLE persons (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    PRIMARY KEY (article_id, position)
);
CREATE INDEX persons_name ON persons (name);

CREATE TABLE meetings (
    article_id TEXT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    date TEXT,
    kind TEXT
);

CREATE TABLE chairs (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT,
    PRIMARY KEY (article_id, position)
);

CREATE TABLE criteria_counts (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    standard TEXT,
    metric TEXT NOT NULL,
    achieved REAL NOT NULL,
    achieved_max REAL,
    total REAL,
    percent REAL,
    stat TEXT NOT NULL,
    basically INTEGER NOT NULL,
    period_text TEXT,
    period_start TEXT,
    period_end TEXT,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX criteria_counts_article ON criteria_counts (article_id);

CREATE TABLE criteria_status (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    standard TEXT,
    criterion TEXT NOT NULL,
    status TEXT NOT NULL,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX criteria_status_article ON criteria_status (article_id);

CREATE TABLE targets (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    standard TEXT,
    themes TEXT NOT NULL,
    quantity_min REAL,
    quantity_max REAL,
    quantity_unit TEXT,
    deadline_text TEXT,
    deadline_start TEXT,
    deadline_end TEXT,
    modality TEXT NOT NULL,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX targets_article ON targets (article_id);
CREATE INDEX targets_deadline ON targets (standard, deadline_end);

CREATE TABLE achievements (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    standard TEXT,
    status TEXT NOT NULL,
    share REAL,
    period_text TEXT,
    period_start TEXT,
    period_end TEXT,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX achievements_article ON achievements (article_id);
CREATE INDEX achievements_standard ON achievements (standard, status);

CREATE TABLE commitments (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    act TEXT NOT NULL,
    actor TEXT,
    addressee TEXT,
    action TEXT NOT NULL,
    deadline_text TEXT,
    deadline_start TEXT,
    deadline_end TEXT,
    recurrence TEXT,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX commitments_article ON commitments (article_id);

CREATE TABLE results (
    id TEXT PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    what TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT,
    qualifier TEXT NOT NULL,
    period_text TEXT,
    period_start TEXT,
    period_end TEXT,
    confidence REAL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX results_article ON results (article_id);

CREATE TABLE fact_subjects (
    fact_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    level TEXT NOT NULL,
    unit_id TEXT REFERENCES units (id),
    count_min REAL,
    count_max REAL,
    within_unit TEXT REFERENCES units (id),
    PRIMARY KEY (fact_id, position)
);
CREATE INDEX fact_subjects_article ON fact_subjects (article_id);
CREATE INDEX fact_subjects_unit ON fact_subjects (unit_id, kind);
CREATE INDEX fact_subjects_within ON fact_subjects (within_unit);

CREATE TABLE checks (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    evidence_start INTEGER NOT NULL,
    evidence_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
);

-- No foreign key: a decision outlives the extraction it was made on.
CREATE TABLE decisions (
    n INTEGER PRIMARY KEY,
    fact_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'correct', 'reject')),
    correction TEXT CHECK ((correction IS NOT NULL) = (verdict = 'correct')),
    who TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    note TEXT
);
CREATE INDEX decisions_fact ON decisions (fact_id);

CREATE VIEW evidence AS
    SELECT id AS fact_id, 'criteria_counts' AS kind, article_id, confidence, evidence_start, evidence_end, quote, rule FROM criteria_counts
    UNION ALL
    SELECT id, 'criteria_status', article_id, confidence, evidence_start, evidence_end, quote, rule FROM criteria_status
    UNION ALL
    SELECT id, 'targets', article_id, confidence, evidence_start, evidence_end, quote, rule FROM targets
    UNION ALL
    SELECT id, 'achievements', article_id, confidence, evidence_start, evidence_end, quote, rule FROM achievements
    UNION ALL
    SELECT id, 'commitments', article_id, confidence, evidence_start, evidence_end, quote, rule FROM commitments
    UNION ALL
    SELECT id, 'results', article_id, confidence, evidence_start, evidence_end, quote, rule FROM results;

-- Full text, twice. articles_fts folds marks away, and its triggers fold đ too, which the tokenizer leaves alone:
-- never call 'rebuild' or 'integrity-check' on it, both read the unfolded text. articles_forms knows only which article
-- has which word as written, so that what was typed with its marks comes before what merely folds to the same.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, content='articles', content_rowid='n', tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE articles_forms USING fts5 (
    title, text, content='articles', content_rowid='n', tokenize='unicode61 remove_diacritics 0',
    detail='none', columnsize=0
);

CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts (rowid, title, text)
    VALUES (new.n, replace(replace(new.title, 'đ', 'd'), 'Đ', 'D'), replace(replace(new.text, 'đ', 'd'), 'Đ', 'D'));
    INSERT INTO articles_forms (rowid, title, text) VALUES (new.n, new.title, new.text);
END;
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text)
    VALUES ('delete', old.n, replace(replace(old.title, 'đ', 'd'), 'Đ', 'D'), replace(replace(old.text, 'đ', 'd'), 'Đ', 'D'));
    INSERT INTO articles_forms (articles_forms, rowid, title, text) VALUES ('delete', old.n, old.title, old.text);
END;
CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, text ON articles
WHEN new.title IS NOT old.title OR new.text IS NOT old.text BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text)
    VALUES ('delete', old.n, replace(replace(old.title, 'đ', 'd'), 'Đ', 'D'), replace(replace(old.text, 'đ', 'd'), 'Đ', 'D'));
    INSERT INTO articles_forms (articles_forms, rowid, title, text) VALUES ('delete', old.n, old.title, old.text);
    INSERT INTO articles_fts (rowid, title, text)
    VALUES (new.n, replace(replace(new.title, 'đ', 'd'), 'Đ', 'D'), replace(replace(new.text, 'đ', 'd'), 'Đ', 'D'));
    INSERT INTO articles_forms (rowid, title, text) VALUES (new.n, new.title, new.text);
END;
