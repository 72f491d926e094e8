/** The tables of the record (docs/record.md). Each step is run once, in a transaction; `user_version` counts them. Never change one. */
export const migrations: readonly string[] = [
  `CREATE TABLE job (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     helper_key TEXT NOT NULL,
     helper_pid INTEGER NOT NULL,
     start TEXT,
     task TEXT NOT NULL,
     program TEXT NOT NULL,
     source_path TEXT NOT NULL,
     source_serial TEXT,
     source_wwn TEXT,
     source_bus_path TEXT,
     source_title TEXT,
     source_size INTEGER NOT NULL,
     block_size INTEGER NOT NULL,
     block_count INTEGER NOT NULL,
     slow TEXT NOT NULL,
     on_read_error TEXT NOT NULL,
     root_digest TEXT,
     bytes_read INTEGER NOT NULL DEFAULT 0,
     laps REAL NOT NULL DEFAULT 0,
     unreadable TEXT NOT NULL DEFAULT '[]',
     unreadable_more INTEGER NOT NULL DEFAULT 0,
     started_at INTEGER NOT NULL,
     ended_at INTEGER,
     outcome TEXT,
     seconds REAL,
     error TEXT
   ) STRICT;
   CREATE INDEX job_helper ON job (helper_key, helper_pid);
   CREATE INDEX job_start ON job (start) WHERE start IS NOT NULL;
   CREATE TABLE target (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     job INTEGER REFERENCES job (id),
     helper_id INTEGER,
     start TEXT,
     task TEXT NOT NULL,
     writes INTEGER NOT NULL,
     path TEXT NOT NULL,
     serial TEXT,
     wwn TEXT,
     bus_path TEXT,
     title TEXT,
     size INTEGER,
     begun_at INTEGER NOT NULL,
     ended_at INTEGER,
     state TEXT,
     guessed INTEGER NOT NULL DEFAULT 0,
     joined_at_block INTEGER,
     bytes_written INTEGER NOT NULL DEFAULT 0,
     bad_blocks INTEGER NOT NULL DEFAULT 0,
     healed_blocks INTEGER NOT NULL DEFAULT 0,
     seconds REAL,
     speed_mean REAL,
     speed_min REAL,
     speed_max REAL,
     curve TEXT NOT NULL DEFAULT '[]',
     coverage TEXT NOT NULL DEFAULT '',
     unreadable INTEGER NOT NULL DEFAULT 0,
     resumed_blocks INTEGER NOT NULL DEFAULT 0,
     wrong_blocks TEXT NOT NULL DEFAULT '[]',
     error TEXT
   ) STRICT;
   CREATE UNIQUE INDEX target_of_job ON target (job, helper_id) WHERE job IS NOT NULL;
   CREATE INDEX target_start ON target (start) WHERE start IS NOT NULL AND job IS NULL;
   CREATE INDEX target_serial ON target (serial, id) WHERE serial IS NOT NULL;
   CREATE INDEX target_serial_in_job ON target (job, serial) WHERE serial IS NOT NULL;`,
  `ALTER TABLE job ADD COLUMN stations TEXT NOT NULL DEFAULT '[]';`,
  `ALTER TABLE target ADD COLUMN bay TEXT;
   ALTER TABLE target ADD COLUMN operator TEXT;`,
  'ALTER TABLE job ADD COLUMN source_sha256 TEXT',
];
