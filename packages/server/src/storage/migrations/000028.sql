-- Roles in single projects and environments, accounts of automations, tokens that reach less far, people who leave,
-- keys that are replaced while the old one still works.

alter table people
  add column disabled_at timestamptz,
  add column erased_at timestamptz;

create table grants (
  person text not null references people (id),
  role text not null,
  project text not null references projects (key),
  environment text,
  granted_at timestamptz not null,
  granted_by text not null,
  foreign key (project, environment) references environments (project, key),
  unique nulls not distinct (person, role, project, environment)
);

create table service_accounts (
  project text not null references projects (key),
  key text not null,
  name text not null,
  kind text not null check (kind in ('service', 'agent')),
  created_at timestamptz not null,
  created_by text not null,
  removed_at timestamptz,
  primary key (project, key)
);

alter table tokens
  drop constraint tokens_kind_check,
  drop constraint tokens_project_check,
  drop constraint tokens_environment_check,
  add constraint tokens_kind_check
    check (kind in ('user', 'session', 'service', 'agent', 'server', 'web')),
  add constraint tokens_project_check check (
    case kind when 'session' then project is null when 'user' then true else project is not null end
  ),
  add constraint tokens_environment_check check (
    case when kind in ('server', 'web') then environment is not null else environment is null or project is not null end
  ),
  add column account text,
  add column permissions text[],
  add column created_by text,
  add column last_used_at timestamptz,
  add foreign key (project, account) references service_accounts (project, key),
  add constraint tokens_account_check check (account is null or kind in ('service', 'agent'));
