SELECT replication.log_statement(:'statement')
