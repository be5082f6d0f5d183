-- Which article links to a document that was collected with it.
ALTER TABLE article_sources ADD COLUMN named_by TEXT;
