-- Verification runs and drills, what instances answer to drafts, who served what, alerts.

create table exercises (
  id text primary key,
  kind text not null check (kind in ('verification', 'alert', 'rollback')),
  project text not null references projects (key),
  run text not null references procedure_runs (id),
  feature text not null,
  flag text not null,
  settings jsonb not null,
  state text not null check (state in ('running', 'done', 'failed')),
  progress jsonb not null default '[]',
  -- Configurations that are to be put back, should the server end before it has done so.
  restore jsonb not null default '[]',
  result jsonb,
  problem text,
  evidence text,
  started_by text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz,
  foreign key (project, flag) references flags (project, key)
);

create unique index exercises_one_at_a_time on exercises (project, flag) where state = 'running';
create index exercises_by_run on exercises (run, kind, started_at desc);

create table verification_requests (
  id text primary key,
  project text not null,
  environment text not null,
  instances text[] not null,
  request jsonb not null,
  at timestamptz not null,
  foreign key (project, environment) references environments (project, key)
);

create table verification_answers (
  request text not null references verification_requests (id) on delete cascade,
  instance text not null,
  answers jsonb not null,
  at timestamptz not null,
  primary key (request, instance)
);

-- What each instance has served, and when last: the layers of a feature are told apart by it.
create table instance_usage (
  project text not null,
  environment text not null,
  instance text not null,
  flag text not null,
  variant text not null,
  n bigint not null,
  bad bigint not null,
  slow bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (project, environment, flag, instance, variant)
);

create index instance_usage_by_age on instance_usage (last_at);

-- Rules of the built-in evaluator. `drill` is empty for what is real.
create table alerts (
  project text not null,
  environment text not null,
  flag text not null,
  rule text not null,
  drill text not null default '',
  state text not null check (state in ('quiet', 'firing')),
  since timestamptz not null,
  numbers jsonb not null,
  primary key (project, environment, flag, rule, drill)
);

-- Synthetic counts of a drill: never in the tables that real metrics are read from.
create table drill_samples (
  drill text not null references exercises (id),
  rule text not null,
  at timestamptz not null,
  n bigint not null,
  bad bigint not null
);

create index drill_samples_by_drill on drill_samples (drill, rule);

-- What the server's own receiver got.
create table drill_arrivals (
  drill text not null references exercises (id),
  signal text not null,
  nonce text not null,
  state text not null check (state in ('firing', 'resolved')),
  at timestamptz not null,
  primary key (drill, state)
);

alter table verifications drop constraint verifications_kind_check;
alter table verifications add constraint verifications_kind_check
  check (kind in ('kill', 'rollback', 'toggle'));
