-- Wake-up: tells the neighbours that there is something to pull.
SELECT pg_notify('trompd_wake', '');
