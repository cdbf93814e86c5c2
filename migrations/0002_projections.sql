-- Bookkeeping of the projections. Their own tables are made by the code that defines them, since they can be thrown away.

CREATE TABLE projections (
  name        TEXT PRIMARY KEY,
  version     INTEGER NOT NULL,             -- of the projection's code; another one means: rebuild
  position    INTEGER,                      -- the last event that is folded in; null: the head, always (kept in each append)
  rebuilt     INTEGER NOT NULL              -- when it was last built from nothing, milliseconds since 1970
) STRICT, WITHOUT ROWID;

-- Events that a projection failed on. Its answers are "degraded since" the first of them.
CREATE TABLE projection_faults (
  projection TEXT NOT NULL,
  position   INTEGER NOT NULL,
  error      TEXT NOT NULL,
  PRIMARY KEY (projection, position)
) STRICT, WITHOUT ROWID;

-- Rebuilds under way, so that what a killed one left behind can be found and dropped.
CREATE TABLE projection_rebuilds (
  suffix  TEXT PRIMARY KEY,                 -- of its shadow tables
  pid     INTEGER NOT NULL,
  started INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
