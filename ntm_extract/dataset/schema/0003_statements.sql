-- What comparisons count, in narrow rows that an index answers from: one for each unit of a target or achievement, or
-- for its number of units (unit is null). Derived of the other tables and kept by triggers: nobody writes it, and
-- columns.py leaves it out. Facts are written anew and never changed in place, so there is no more to follow than that
-- a subject comes or goes.
--
-- at       year of the deadline or of the standard; 10000 and the year in which it was said where none is given, 20000
--          where that is not known either; 0 where the quotation may give the year
-- unsure   1 where words stand in or near the quotation by which it may say something else: it has to be read
-- seen     day from which it can be known; empty where that is not known
CREATE TABLE statements_units (
    n INTEGER PRIMARY KEY,
    unit_id TEXT NOT NULL UNIQUE
);
CREATE TABLE statements (
    n INTEGER PRIMARY KEY,
    fact_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    standard TEXT NOT NULL,
    unit INTEGER,
    area TEXT,
    number REAL,
    at INTEGER NOT NULL,
    unsure INTEGER NOT NULL,
    seen TEXT NOT NULL,
    UNIQUE (fact_id, position)
);
CREATE INDEX statements_of_units ON statements (level, kind, standard, unit, unsure, at, seen) WHERE unit IS NOT NULL;
CREATE INDEX statements_of_numbers ON statements (level, kind, unsure, standard, area, at, number, seen, unit)
    WHERE unit IS NULL;

-- SQLite folds the case of ASCII only, so letters stand in both; a blank stands before the text's beginning.
CREATE VIEW statements_apart AS
SELECT s.fact_id, s.position, s.level, f.status AS kind, f.standard, s.unit_id,
    COALESCE(s.within_unit, a.home_district, a.home_province) AS area,
    COALESCE(s.count_min, s.count_max) AS number,
    -- no year of a standard: one day, or a time that runs over years
    CASE WHEN f.period_end IS NULL OR f.period_start = f.period_end THEN NULL
        WHEN substr(f.period_start, 1, 4) <> substr(f.period_end, 1, 4) THEN NULL
        ELSE CAST(substr(f.period_end, 1, 4) AS INTEGER) END AS given,
    COALESCE(replace(replace(f.period_text, 'năm nay', ''), 'Năm nay', ''), '') AS period,
    COALESCE(CASE WHEN f.period_start = f.period_end THEN f.period_end END, m.date, a.published, '') AS said,
    COALESCE(a.published, m.date, '') AS seen,
    f.quote,
    substr(a.text, max(1, f.evidence_start - 299), min(300, f.evidence_start)) AS ahead,
    CASE WHEN f.quote GLOB '*[.;]' THEN '' ELSE substr(a.text, f.evidence_end + 1, 300) END AS behind
FROM fact_subjects AS s JOIN achievements AS f ON f.id = s.fact_id JOIN articles AS a ON a.id = f.article_id
    LEFT JOIN meetings AS m ON m.article_id = a.id
WHERE f.standard IS NOT NULL AND f.status IN ('recognised', 'met', 'lost')
    AND f.rule NOT GLOB '*forecast*' AND NOT (s.unit_id IS NULL AND f.rule GLOB 'standards.total.*')
UNION ALL
SELECT s.fact_id, s.position, s.level, 'promised', f.standard, s.unit_id,
    COALESCE(s.within_unit, a.home_district, a.home_province),
    COALESCE(s.count_min, s.count_max),
    CAST(substr(f.deadline_end, 1, 4) AS INTEGER), '', '',
    COALESCE(a.published, m.date, ''),
    f.quote,
    substr(a.text, max(1, f.evidence_start - 299), min(300, f.evidence_start)),
    CASE WHEN f.quote GLOB '*[.;]' THEN '' ELSE substr(a.text, f.evidence_end + 1, 300) END
FROM fact_subjects AS s JOIN targets AS f ON f.id = s.fact_id JOIN articles AS a ON a.id = f.article_id
    LEFT JOIN meetings AS m ON m.article_id = a.id
WHERE f.standard IS NOT NULL AND f.outcome = 'standard' AND f.deadline_end IS NOT NULL
    AND NOT (s.unit_id IS NULL AND f.rule GLOB 'standards.total.*');

-- Inserting into this view works a row out and writes it to the table, in steps: what is worked out once is not worked
-- out again for each of the patterns it is held against. Letters stand in both cases, as SQLite folds ASCII only.
CREATE VIEW statements_of_clauses AS SELECT *, '' AS clause FROM statements_apart;
CREATE TRIGGER statements_step_1 INSTEAD OF INSERT ON statements_apart BEGIN
    INSERT INTO statements_of_clauses
    SELECT new.fact_id, new.position, new.level, new.kind, new.standard, new.unit_id, new.area, new.number,
        CASE WHEN new.period GLOB '*[đĐ][ếẾ][nN]*' OR new.period GLOB '*[tT][íÍ][nN][hH]*'
            OR new.period GLOB '*[nN][aA][yY]*' OR new.period GLOB '*[hH][iI][ệỆ][nN]*'
            OR new.period GLOB '*[lL][ũuŨU][yỹYỸ]?[kK][ếẾ]*'
            THEN NULL ELSE new.given END,
        new.period, new.said, new.seen, new.quote,
        -- a full stop and a blank end a sentence, but not those of 'TP. Vinh'
        replace(replace(replace(replace(replace(replace(replace(new.ahead,
            'TP. ', 'TP '), 'TX. ', 'TX '), 'TT. ', 'TT '), 'Tp. ', 'Tp '),
            '. ', char(1)), ';', char(1)), char(10), char(1)),
        replace(replace(replace(new.behind, '. ', char(1)), ';', char(1)), char(10), char(1)) || char(1),
        NULL;
END;
-- Whether the quotation may give the year ('đạt chuẩn NTM năm 2021'), and its clause, as far as that can be told here.
CREATE TRIGGER statements_step_2 INSTEAD OF INSERT ON statements_of_clauses WHEN new.clause IS NULL BEGIN
    INSERT INTO statements_of_clauses
    SELECT new.fact_id, new.position, new.level, new.kind, new.standard, new.unit_id, new.area, new.number,
        new.given,
        CASE WHEN new.given IS NULL AND (
            new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]?[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]??[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]???[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]?[tT][rR][oO][nN][gG]?[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]??[tT][rR][oO][nN][gG]?[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]?[cC][ủỦ][aA]?[nN][ăĂ][mM]?20[0-9][0-9]*'
            OR new.quote GLOB '*[ẩaẫớtncẨAẪỚTNC][nouimhNOUIMH]??[cC][ủỦ][aA]?[nN][ăĂ][mM]?20[0-9][0-9]*'
        ) THEN 'in the quotation' END,
        new.said, new.seen, new.quote, new.ahead, new.behind,
        ' ' || substr(new.ahead, 1 + length(rtrim(new.ahead, replace(new.ahead, char(1), ''))))
            || new.quote || substr(new.behind, 1, instr(new.behind, char(1)));
END;
CREATE TRIGGER statements_step_3 INSTEAD OF INSERT ON statements_of_clauses WHEN new.clause IS NOT NULL BEGIN
    INSERT OR IGNORE INTO statements_units (unit_id) SELECT new.unit_id WHERE new.unit_id IS NOT NULL;
    INSERT INTO statements
    SELECT NULL, new.fact_id, new.position, new.level, new.kind, new.standard,
        (SELECT n FROM statements_units WHERE unit_id = new.unit_id), new.area, new.number,
        CASE
            WHEN new.given IS NOT NULL THEN new.given
            WHEN new.period IS NOT NULL THEN 0
            WHEN new.said <> '' THEN 10000 + CAST(substr(new.said, 1, 4) AS INTEGER)
            ELSE 20000
        END,
        new.period IS NOT NULL
        OR new.kind <> 'promised' AND (
            new.clause GLOB '*[dD][ựỰ]?[kK][iI][ếẾ][nN]*' OR new.clause GLOB '*[dD][ựỰ]?[ưƯ][ớỚ][cC]*'
            OR new.clause GLOB '*[^a-zA-ZÀ-ỹ][ưƯ][ớỚ][cC]?[đtĐT]*'
            OR new.clause GLOB '*[hH][ứỨ][aA]?[hH][ẹẸ][nN]*' OR new.clause GLOB '*[sS][ẽẼ]?[đvĐV]*'
            OR new.clause GLOB '*[sS][ắẮ][pP]?[đĐ]*' OR new.clause GLOB '*[kK][hH][ảẢ]?[nN][ăĂ][nN][gG]*'
            OR new.clause GLOB '*[cC][ơƠ]?[bB][ảẢ][nN]?[đhĐH]*' OR new.clause GLOB '*[đĐ][ạẠ][tT]?[cC][ơƠ]*'
            OR new.clause GLOB '*[gG][ầẦ][nN]?[đhĐH]*' OR new.clause GLOB '*[tT][iI][ệỆ][mM]?[cC][ậẬ][nN]*'
            OR new.clause GLOB '*[cC][hH][ưƯ][aA]?[cđCĐ]*'
            OR new.clause GLOB '*[cC][hH][ờỜ]?*[cC][ôÔ][nN][gG]*'
            OR new.clause GLOB '*[cC][hH][ờỜ]?*[tT][hH][ẩẨ][mM]*'
            OR new.clause GLOB '*[cC][hH][ờỜ]?*[qQ][uU][yY][ếẾ][tT]*'
        )
        OR new.unit_id IS NULL AND new.quote NOT GLOB '*[tT][hH][êÊ][mM]*' AND (
            new.clause GLOB '*[lL][ũuŨU][yỹYỸ]?[kK][ếẾ]*' OR new.clause GLOB '*[tT][ổỔ][nN][gG]?[sS][ốỐ]*'
            OR new.clause GLOB '*[cC][óÓ]*' OR new.clause GLOB '*[nN][âÂ][nN][gG]?*[lL][êÊ][nN]*'
        ),
        new.seen;
END;

INSERT INTO statements_apart SELECT * FROM statements_apart;

CREATE TRIGGER statements_come AFTER INSERT ON fact_subjects WHEN new.kind IN ('achievements', 'targets') BEGIN
    INSERT INTO statements_apart SELECT * FROM statements_apart
    WHERE fact_id = new.fact_id AND position = new.position;
END;
CREATE TRIGGER statements_go AFTER DELETE ON fact_subjects BEGIN
    DELETE FROM statements WHERE fact_id = old.fact_id AND position = old.position;
END;
