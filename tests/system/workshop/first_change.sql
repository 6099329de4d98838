-- The schema changes while a node is away.
ALTER TABLE bicycle ADD weight numeric;
UPDATE bicycle SET weight = 12.5 + id % 3;
ALTER TABLE bicycle ALTER weight SET DEFAULT 12;
ALTER TYPE job_state ADD VALUE 'waits for parts' AFTER 'open';
UPDATE job SET state = 'waits for parts' WHERE id = (SELECT max(id) FROM job WHERE state = 'open');
CREATE TABLE reminder (id bigserial PRIMARY KEY, customer bigint NOT NULL REFERENCES customer ON DELETE CASCADE, due date NOT NULL, made_with uuid NOT NULL DEFAULT gen_random_uuid());
INSERT INTO reminder (customer, due) SELECT person_id, date '2027-03-01' FROM customer;
CREATE INDEX reminder_due ON reminder (due);
ALTER TABLE part ADD added timestamptz NOT NULL DEFAULT now();
CREATE TABLE job_log_2027 PARTITION OF job_log FOR VALUES FROM ('2028-01-01 00:00+00') TO ('2029-01-01 00:00+00');
CREATE OR REPLACE VIEW open_job AS SELECT j.id, b.frame, j.opened, b.weight FROM job j JOIN bicycle b ON b.id = j.bicycle WHERE j.state = 'open';
