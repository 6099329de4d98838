-- Where the rows of one table arrive: its columns without its constraints.
CREATE TEMP TABLE IF NOT EXISTS :stage ON COMMIT DELETE ROWS AS SELECT :stage_columns FROM :table WITH NO DATA;
