-- Edges: who serves an environment near its clients, and which instances are behind whom.

alter table tokens
  drop constraint tokens_kind_check,
  drop constraint tokens_environment_check,
  add constraint tokens_kind_check
    check (kind in ('user', 'session', 'service', 'agent', 'server', 'web', 'edge')),
  add constraint tokens_environment_check
    check (
      case when kind in ('server', 'web', 'edge') then environment is not null
      else environment is null or project is not null end
    );

create table edges (
  project text not null,
  environment text not null,
  edge text not null,
  name text not null,
  version text not null,
  revision bigint not null,
  streams integer not null,
  browser_streams integer not null,
  buffered integer not null,
  turned_away bigint not null,
  first_seen_at timestamptz not null,
  seen_at timestamptz not null,
  left_at timestamptz,
  primary key (project, environment, edge),
  foreign key (project, environment) references environments (project, key) on delete cascade
);

alter table instances add column edge text;
