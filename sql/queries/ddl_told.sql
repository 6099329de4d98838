-- Has the event trigger told the statement since? The search path is the user's: every name is qualified.
SELECT EXISTS (SELECT FROM replication.statements s WHERE s.origin OPERATOR(pg_catalog.=) replication.node()
               AND s.number OPERATOR(pg_catalog.>) :last AND s.statement OPERATOR(pg_catalog.=) :'statement') AS told
