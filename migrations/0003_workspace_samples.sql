-- What workspaces used, and what their keeper noted from one look to the next. Not events: it may be dropped at any time.

CREATE TABLE workspace_samples (
  workspace         TEXT    NOT NULL,
  time              INTEGER NOT NULL,       -- milliseconds since 1970
  cpu_permille      INTEGER,                -- of one processor, over the time since the sample before
  memory_bytes      INTEGER,
  disk_bytes        INTEGER,
  network_in_bytes  INTEGER,                -- since its start
  network_out_bytes INTEGER,
  processes         INTEGER,
  PRIMARY KEY (workspace, time)
) STRICT, WITHOUT ROWID;

CREATE INDEX workspace_samples_time ON workspace_samples (time);

CREATE TABLE workspace_watches (
  workspace TEXT PRIMARY KEY,
  note      TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;
