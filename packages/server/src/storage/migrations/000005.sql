-- Channels to the world outside, what is delivered to them, and what comes in from it.

create table channels (
  project text not null references projects (key),
  key text not null,
  kind text not null check (kind in ('webhook', 'slack', 'jira', 'pagerduty', 'mail')),
  settings jsonb not null,
  secret text,
  subscribes text[] not null,
  state text not null check (state in ('active', 'disabled')),
  disabled_because text,
  revision bigint not null default 1,
  created_at timestamptz not null,
  primary key (project, key)
);

-- No reference to the channel: what was delivered stays readable when the channel is gone.
create table deliveries (
  id text primary key,
  signal text not null references outbox (id),
  project text not null references projects (key),
  channel text not null,
  kind text not null,
  lane text not null,
  position bigint not null,
  state text not null check (state in ('waiting', 'delivered', 'dead', 'dropped')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  claimed_until timestamptz,
  log jsonb not null default '[]',
  proof jsonb,
  ended_at timestamptz,
  unique (signal, channel)
);

create index deliveries_waiting on deliveries (project, channel, lane, position) where state = 'waiting';
create index deliveries_by_project on deliveries (project, position desc);

-- Whether a signal is delivered follows from its deliveries.
alter table outbox drop column state;

create table inbound_sources (
  project text not null references projects (key),
  key text not null,
  secret text not null,
  created_at timestamptz not null,
  primary key (project, key)
);

-- What was taken in: the same event again is answered in the same way and changes nothing.
create table inbound_events (
  project text not null references projects (key),
  source text not null,
  id text not null,
  at timestamptz not null,
  result jsonb not null,
  primary key (project, source, id)
);

create table reports (
  id text primary key,
  project text not null references projects (key),
  feature text,
  kind text not null check (kind in ('complaint', 'incident', 'security', 'data-loss', 'feedback')),
  severity text not null check (severity in ('critical', 'major', 'minor')),
  positive boolean,
  text text not null,
  reference text,
  origin text not null,
  reported_by text not null,
  at timestamptz not null,
  resolved_at timestamptz,
  dedup_key text,
  unique (project, dedup_key),
  foreign key (project, feature) references features (project, key)
);

create index reports_by_feature on reports (project, feature, at desc);
