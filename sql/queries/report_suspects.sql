-- When all of the log of :source is read: see replication.report_suspects.
SELECT replication.report_suspects(:source);
