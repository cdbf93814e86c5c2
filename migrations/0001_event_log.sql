-- The event log: what happened, for ever. Everything else in this file of tables can be derived from it or found again.
-- Forward only. A released migration is frozen: its SHA-256 is recorded in `migrations` and verified on every open.

-- Every text that repeats from event to event (stream, type, origin, actor, …) is stored once and referred to by number.
-- The hash of an event covers the text, never the number.
CREATE TABLE names (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER names_stay BEFORE DELETE ON names
BEGIN SELECT raise(ABORT, 'the event log is append-only: nothing is deleted'); END;

CREATE TRIGGER names_keep BEFORE UPDATE ON names
BEGIN SELECT raise(ABORT, 'the event log is append-only: nothing is changed'); END;

CREATE TABLE events (
  position     INTEGER PRIMARY KEY,         -- order of arrival in this log, from 1, without gaps; not covered by the hash
  id           TEXT    NOT NULL UNIQUE,     -- UUIDv7
  origin       INTEGER NOT NULL,            -- → names: the device that wrote the event
  seq          INTEGER NOT NULL,            -- per origin, from 1, without gaps
  hlc_ms       INTEGER NOT NULL,            -- hybrid logical clock of the append: milliseconds …
  hlc_count    INTEGER NOT NULL,            -- … and counter
  seen         TEXT    NOT NULL,            -- what the writer had of other origins: "device:seq,…", sorted; "" for nothing
  stream       INTEGER NOT NULL,            -- → names
  version      INTEGER NOT NULL,            -- per stream, from 1, without gaps
  type         INTEGER NOT NULL,            -- → names
  schema       INTEGER NOT NULL,            -- version of the payload's shape
  time         INTEGER NOT NULL,            -- when it happened, by the writer's wall clock, milliseconds since 1970
  project      INTEGER,                     -- → names
  actor        INTEGER NOT NULL,            -- → names: JSON
  correlation  INTEGER,                     -- → names: the session or command that it belongs to
  causation    TEXT,                        -- id of the event that led here
  key          TEXT,                        -- the command's idempotency key
  salt         TEXT,                        -- 32 hex digits; null once the payload is destroyed
  payload      TEXT,                        -- JSON as written; null once destroyed
  payload_hash TEXT,                        -- SHA-256(salt ‖ payload), only for a destroyed payload
  hash         TEXT    NOT NULL,            -- see docs/decisions/0003
  UNIQUE (stream, version),
  CHECK ((payload IS NULL) = (salt IS NULL) AND (payload IS NULL) = (payload_hash IS NOT NULL))
) STRICT;

CREATE INDEX events_type        ON events (type);
CREATE INDEX events_correlation ON events (correlation) WHERE correlation IS NOT NULL;
CREATE INDEX events_project     ON events (project) WHERE project IS NOT NULL;
CREATE INDEX events_time        ON events (time);

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'the event log is append-only: nothing is deleted'); END;

-- One change is allowed: destroying a payload, which leaves its hash in its place.
CREATE TRIGGER events_keep BEFORE UPDATE ON events
WHEN NOT (
  OLD.payload IS NOT NULL AND NEW.payload IS NULL AND NEW.payload_hash IS NOT NULL
  AND (NEW.position, NEW.id, NEW.origin, NEW.seq, NEW.hlc_ms, NEW.hlc_count, NEW.seen, NEW.stream, NEW.version, NEW.type,
       NEW.schema, NEW.time, NEW.project, NEW.actor, NEW.correlation, NEW.causation, NEW.key, NEW.hash)
   IS (OLD.position, OLD.id, OLD.origin, OLD.seq, OLD.hlc_ms, OLD.hlc_count, OLD.seen, OLD.stream, OLD.version, OLD.type,
       OLD.schema, OLD.time, OLD.project, OLD.actor, OLD.correlation, OLD.causation, OLD.key, OLD.hash)
)
BEGIN SELECT raise(ABORT, 'the event log is append-only: nothing is changed'); END;

-- The end of each origin's chain, apart from the events themselves: a log that lost its tail no longer agrees with it.
CREATE TABLE heads (
  origin    INTEGER PRIMARY KEY,
  seq       INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  hash      TEXT    NOT NULL,
  hlc_ms    INTEGER NOT NULL,
  hlc_count INTEGER NOT NULL
) STRICT;

-- What was answered to each command that carried a key, so that its repetition gets the same answer.
CREATE TABLE receipts (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,                -- SHA-256 of the command
  outcome     TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;

-- Content, by the SHA-256 of its bytes. encoding: 0 as it is, 1 zstd, 2 zstd with the content `base` as dictionary.
CREATE TABLE blobs (
  hash     TEXT PRIMARY KEY,
  bytes    INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  base     TEXT,
  depth    INTEGER NOT NULL,                -- how many bases lie below
  data     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Facts about this file: the device that it belongs to.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
