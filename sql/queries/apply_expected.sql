-- How many rows the inserts of this round must make.
SELECT count(*) AS inserts FROM pg_temp.decision d WHERE NOT d.settled AND d.taken AND d.present AND NOT d.here;
