-- Everybody may give statements: they run as who gives them.
GRANT USAGE ON SCHEMA replication TO PUBLIC;
GRANT EXECUTE ON FUNCTION replication.ddl(text), replication.statements_of(text, boolean), replication.is_alone(text[]), replication.sees_statements() TO PUBLIC
