-- Wake-up: we are awake, writers need not notify us; and the neighbours should look.
SELECT setval('replication.armed', 1), pg_notify('trompd_wake', '');
