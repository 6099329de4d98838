-- What can be reached over each link, as the neighbour said with the last pull that was accepted: how the tree is learned.
ALTER TABLE replication.nodes ADD COLUMN reach jsonb;
COMMENT ON COLUMN replication.nodes.reach IS
    'what this neighbour reaches, itself included: node, name, incarnation, path from it, and up to when (microseconds since 1970) its changes are in our copy; null: this link was not accepted yet';
