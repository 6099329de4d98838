-- The lock that making (or first dropping) the triggers takes, at once: to raise it later would deadlock with users.
LOCK TABLE ONLY :"schema".:"table" IN :mode MODE
