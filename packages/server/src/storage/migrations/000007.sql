-- Where documents are published, and what was published.

create table documentation_settings (
  project text primary key references projects (key),
  remote text,
  branch text not null,
  path text not null,
  runbooks text[] not null,
  revision integer not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- A job until `ended_at`, then the record of what it did. `next_at` is when somebody may take it up:
-- whoever does moves it on, so a server that dies leaves it to another one.
create table publications (
  id text primary key,
  project text not null references projects (key),
  run text not null references procedure_runs (id),
  kind text not null check (kind in ('documents', 'records')),
  state text not null check (state in ('accepted', 'publishing', 'published', 'failed')),
  progress text not null,
  attempts integer not null,
  requested_by text not null,
  requested_at timestamptz not null,
  next_at timestamptz,
  ended_at timestamptz,
  result jsonb
);

create index publications_due on publications (next_at) where next_at is not null;
create index publications_by_run on publications (run, requested_at desc);
