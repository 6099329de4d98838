-- Apply, where something is refused: see replication.apply_singly.
SELECT replication.apply_singly(:tbl, :'table', :'stage', :'columns', :'columns_staged', :'assignments', :'moving', :'match',
                                :'match_staged', :'on_conflict', :'keys');
