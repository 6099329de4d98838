-- The lock that making (or first dropping) the triggers takes, at once: to raise it later would deadlock with users.
LOCK TABLE :"schema".:"table" IN :mode MODE
