-- Flags, segments, instances, verifications, telemetry.

-- Apart from `environments`: this row is locked by each change of what an environment serves.
create table environment_revisions (
  project text not null,
  environment text not null,
  revision bigint not null,
  changed_at timestamptz not null,
  primary key (project, environment),
  foreign key (project, environment) references environments (project, key)
);

create table flags (
  project text not null references projects (key),
  key text not null,
  name text not null,
  kind text not null check (kind in ('release', 'experiment', 'permission', 'ops')),
  value_type text not null check (value_type in ('boolean', 'string')),
  variants jsonb not null,
  off_variant text not null,
  layers text[] not null,
  owner text not null,
  description text,
  lifetime_days integer,
  permanent_reason text,
  links jsonb not null,
  revision bigint not null default 1,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, key),
  check ((lifetime_days is null) <> (permanent_reason is null))
);

create table flag_configs (
  project text not null,
  environment text not null,
  flag text not null,
  enabled boolean not null,
  off_variant text not null,
  rules jsonb not null,
  fallthrough jsonb not null,
  revision bigint not null default 1,
  environment_revision bigint not null,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (project, environment, flag),
  foreign key (project, flag) references flags (project, key),
  foreign key (project, environment) references environments (project, key)
);

create index flag_configs_by_change on flag_configs (project, environment, environment_revision);

create table segments (
  project text not null references projects (key),
  key text not null,
  name text not null,
  description text,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, key)
);

create table segment_configs (
  project text not null,
  environment text not null,
  segment text not null,
  condition jsonb,
  include text[] not null,
  exclude text[] not null,
  revision bigint not null default 1,
  environment_revision bigint not null,
  primary key (project, environment, segment),
  foreign key (project, segment) references segments (project, key),
  foreign key (project, environment) references environments (project, key)
);

create index segment_configs_by_change on segment_configs (project, environment, environment_revision);

create table instances (
  project text not null,
  environment text not null,
  instance text not null,
  application text not null,
  description jsonb,
  mode text not null check (mode in ('stream', 'poll')),
  poll_interval_ms integer not null,
  acknowledged_revision bigint,
  acknowledged_at timestamptz,
  stream_seen_at timestamptz,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  primary key (project, environment, instance),
  foreign key (project, environment) references environments (project, key)
);

create index instances_by_age on instances (last_seen_at);

create table verifications (
  id text primary key,
  kind text not null check (kind in ('kill', 'rollback')),
  project text not null,
  environment text not null,
  flag text not null,
  revision bigint not null,
  at timestamptz not null,
  by text not null,
  reason text not null,
  settled_state text check (settled_state in ('verified', 'verified_except', 'timed_out')),
  settled_at timestamptz,
  foreign key (project, flag) references flags (project, key),
  foreign key (project, environment) references environments (project, key)
);

create index verifications_open on verifications (at) where settled_state is null;

create table verification_instances (
  verification text not null references verifications (id),
  instance text not null,
  application text not null,
  mode text not null,
  poll_interval_ms integer not null,
  confirmed_at timestamptz,
  primary key (verification, instance)
);

create index verification_instances_open on verification_instances (instance) where confirmed_at is null;

create table telemetry_reports (
  project text not null,
  environment text not null,
  instance text not null,
  seq bigint not null,
  received_at timestamptz not null,
  primary key (project, environment, instance, seq)
);

create index telemetry_reports_by_age on telemetry_reports (received_at);

create table measurement_windows (
  rollout text not null,
  attempt integer not null,
  window_end timestamptz not null,
  audience text not null,
  arm text not null check (arm in ('exposed', 'control', 'outside')),
  n bigint not null,
  bad bigint not null,
  slow bigint not null,
  treated bigint not null,
  primary key (rollout, attempt, window_end, audience, arm)
);

create index measurement_windows_by_age on measurement_windows (window_end);

create table measured_keys (
  rollout text not null,
  attempt integer not null,
  arm text not null check (arm in ('exposed', 'control', 'outside')),
  hash bigint not null,
  audience text not null,
  window_end timestamptz not null,
  primary key (rollout, attempt, arm, hash)
);

create table usage_minutes (
  project text not null,
  environment text not null,
  flag text not null,
  variant text not null,
  minute_end timestamptz not null,
  n bigint not null,
  bad bigint not null,
  slow bigint not null,
  primary key (project, environment, flag, variant, minute_end)
);

create index usage_minutes_by_age on usage_minutes (minute_end);

-- Evaluations without a value of the flag: `code` is the error's, or CODE_DEFAULT for a served default.
create table usage_faults (
  project text not null,
  environment text not null,
  flag text not null,
  code text not null,
  minute_end timestamptz not null,
  n bigint not null,
  primary key (project, environment, flag, code, minute_end)
);

create index usage_faults_by_age on usage_faults (minute_end);
