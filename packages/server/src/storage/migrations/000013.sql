-- Connections to monitoring systems: where metrics are read, alerts go and dashboards hang.

create table connections (
  project text not null references projects (key),
  key text not null,
  kind text not null check (kind in ('prometheus')),
  environment text,
  settings jsonb not null,
  secret text,
  revision bigint not null,
  created_at timestamptz not null,
  primary key (project, key),
  foreign key (project, environment) references environments (project, key)
);
