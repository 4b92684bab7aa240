-- Rollouts: attempts with their evidence, decisions, folded windows, salts.

-- One exposure salt for all attempts of a feature: nobody moves to the other arm with a new one.
create table rollout_salts (
  project text not null references projects (key),
  feature text not null,
  flag text not null,
  environment text not null,
  salt text not null,
  primary key (project, feature, flag, environment)
);

create table rollouts (
  id text primary key,
  project text not null,
  feature text not null,
  flag text not null,
  environment text not null,
  run text not null,
  bundle_hash text not null,
  attempt integer not null,
  plan jsonb not null,
  salt text not null,
  created_at timestamptz not null,
  created_by text not null,
  version bigint not null,
  state jsonb not null,
  since timestamptz not null,
  evidence jsonb not null,
  start_at timestamptz not null,
  entered_at timestamptz,
  exposed_at timestamptz,
  watermark timestamptz,
  flag_revision bigint,
  rolled_back_at timestamptz,
  verification text references verifications (id),
  next_at timestamptz,
  ticked_at timestamptz,
  ended_at timestamptz,
  unique (project, flag, environment, attempt),
  foreign key (project, flag) references flags (project, key),
  foreign key (project, environment) references environments (project, key)
);

create unique index rollouts_one_at_a_time on rollouts (project, flag, environment) where ended_at is null;
create index rollouts_due on rollouts (next_at) where next_at is not null;
create index rollouts_by_project on rollouts (project, created_at desc);

create table rollout_decisions (
  rollout text not null references rollouts (id),
  seq bigint not null,
  at timestamptz not null,
  kind text not null,
  by text not null,
  from_state jsonb not null,
  to_state jsonb not null,
  numbers jsonb not null,
  primary key (rollout, seq)
);

-- What was folded: the primary key keeps a window from being folded twice.
create table measurements (
  rollout text not null references rollouts (id),
  window_end timestamptz not null,
  measured jsonb not null,
  exposed bigint not null,
  requests bigint not null,
  primary key (rollout, window_end)
);
