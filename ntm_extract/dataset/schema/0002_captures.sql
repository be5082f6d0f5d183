-- Where in the web archive a collected article stands.
ALTER TABLE article_sources ADD COLUMN captured TEXT;
ALTER TABLE article_sources ADD COLUMN warc_file TEXT;
ALTER TABLE article_sources ADD COLUMN warc_offset INTEGER;
ALTER TABLE article_sources ADD COLUMN sha256 TEXT;
