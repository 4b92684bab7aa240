-- Hooks that put code, data or infrastructure back; their runs; what is watched after a kill; by which
-- alert a report came.

-- A version is never changed: what was approved is what runs.
create table hooks (
  project text not null references projects (key),
  key text not null,
  version integer not null check (version > 0),
  definition jsonb not null,
  hash text not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project, key, version)
);

create table hook_secrets (
  project text not null references projects (key),
  key text not null,
  secret text not null,
  primary key (project, key)
);

create table hook_runs (
  id text primary key,
  project text not null references projects (key),
  hook text not null,
  version integer not null,
  part text not null check (part in ('code', 'data', 'infrastructure')),
  mode text not null check (mode in ('dry-run', 'run')),
  target text not null check (target in ('production', 'staging')),
  -- What it is run for, and the run of the rollback or the drill.
  purpose text not null check (purpose in ('rollback', 'drill', 'trial')),
  subject text,
  -- Two wishes with the same key are one run.
  dedup_key text not null,
  parameters jsonb not null,
  state text not null
    check (state in ('waiting', 'running', 'awaiting_confirmation', 'watching', 'succeeded', 'failed')),
  phases jsonb not null,
  -- The phase that was begun and has not answered yet.
  begun jsonb,
  -- How often a phase was begun again because the server that ran it ended.
  repeats integer not null default 0,
  watch jsonb not null,
  confirmed jsonb,
  problem text,
  due_at timestamptz not null,
  claimed_until timestamptz,
  watch_until timestamptz,
  started_by text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  unique (project, dedup_key),
  foreign key (project, hook, version) references hooks (project, key, version)
);

create index hook_runs_due on hook_runs (due_at) where state in ('waiting', 'running', 'watching');
create index hook_runs_of_subject on hook_runs (subject) where subject is not null;

-- What a kill is judged by afterwards: what was counted until then, and what came of it.
create table kill_watches (
  kill text primary key references verifications (id),
  project text not null,
  environment text not null,
  flag text not null,
  off_variant text not null,
  drill boolean not null,
  flush_ms integer not null,
  before jsonb not null,
  counted jsonb not null,
  at timestamptz not null,
  state text check (state in ('recovered', 'failed', 'not_measured')),
  found jsonb,
  settled_at timestamptz,
  -- When what follows a failure was begun.
  followed_at timestamptz
);

create index kill_watches_open on kill_watches (at) where state is null;
create index kill_watches_failed on kill_watches (at) where state = 'failed' and followed_at is null;

alter table reports add column alert text;
