-- And once more, before it is back.
ALTER TABLE part RENAME COLUMN title TO name;
ALTER TABLE supply RENAME TO offer;
ALTER TABLE customer DROP COLUMN credit;
ALTER TABLE setting ALTER COLUMN key TYPE varchar(100);
ALTER TABLE job ADD CONSTRAINT job_planned CHECK (NOT isempty(planned));
DROP TABLE photo;
ALTER TABLE reminder ALTER COLUMN due TYPE timestamptz USING due + interval '8 hours', ADD COLUMN done boolean NOT NULL DEFAULT false;
UPDATE reminder SET done = true WHERE customer % 2 = 0;
DROP VIEW debt;
CREATE DOMAIN rating AS smallint CHECK (VALUE BETWEEN 1 AND 5);
ALTER TABLE job ADD COLUMN stars rating;
UPDATE job SET stars = 1 + id % 5;
ALTER DOMAIN price ADD CONSTRAINT price_limit CHECK (VALUE < 100000);
