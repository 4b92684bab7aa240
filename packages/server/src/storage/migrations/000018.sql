-- Local accounts: passwords, sessions (tokens of their own kind), invitations.

alter table tokens
  drop constraint if exists tokens_kind_check,
  drop constraint if exists tokens_check,
  drop constraint if exists tokens_check1,
  add constraint tokens_kind_check check (kind in ('user', 'session', 'service', 'server', 'web')),
  add constraint tokens_person_check check ((kind in ('user', 'session')) = (person is not null)),
  add constraint tokens_project_check check ((kind in ('user', 'session')) = (project is null));

create index tokens_by_person on tokens (person) where person is not null;

create table passwords (
  person text primary key references people (id),
  -- argon2id, in the PHC string format
  hash text not null,
  changed_at timestamptz not null
);

create table invitations (
  id text primary key,
  -- SHA-256 of the secret of the link, in hex
  hash text not null unique,
  -- Somebody who is known already and is to choose a password; null for somebody new.
  person text references people (id),
  name text,
  email text,
  roles text[] not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by text references people (id),
  revoked_at timestamptz
);
