-- Projects, access, audit chains, outbox, idempotency keys.

create table projects (
  key text primary key,
  name text not null,
  revision bigint not null default 1,
  created_at timestamptz not null
);

create table environments (
  project text not null references projects (key),
  key text not null,
  name text not null,
  protected boolean not null,
  position integer not null,
  created_at timestamptz not null,
  primary key (project, key)
);

create table people (
  id text primary key,
  name text not null,
  email text,
  roles text[] not null,
  created_at timestamptz not null
);

create table tokens (
  id text primary key,
  hash text not null unique,
  kind text not null check (kind in ('user', 'server', 'web')),
  name text not null,
  person text references people (id),
  roles text[],
  project text,
  environment text,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  foreign key (project, environment) references environments (project, key),
  check ((kind = 'user') = (person is not null)),
  check ((kind = 'user') = (project is null)),
  check ((project is null) = (environment is null))
);

create index tokens_by_project on tokens (project) where project is not null;

create table audit_chains (
  chain text primary key,
  count bigint not null,
  hash text not null
);

insert into audit_chains (chain, count, hash) values ('installation', 0, repeat('0', 64));

create table audit_entries (
  chain text not null references audit_chains (chain),
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  before jsonb not null,
  after jsonb not null,
  reason text,
  run text,
  request_id text not null,
  previous text not null,
  hash text not null,
  primary key (chain, seq)
);

create index audit_entries_by_subject on audit_entries (chain, subject_kind, subject_id, seq);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit chain is append-only: % refused', tg_op;
end
$$;

create trigger audit_entries_append_only
before update or delete on audit_entries
for each row execute function refuse_audit_change();

create trigger audit_entries_no_truncate
before truncate on audit_entries
for each statement execute function refuse_audit_change();

create table outbox (
  id text primary key,
  position bigint generated always as identity unique,
  project text not null references projects (key),
  type text not null,
  subject text not null,
  data jsonb not null,
  dedup_key text not null unique,
  at timestamptz not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed'))
);

create index outbox_by_project on outbox (project, position desc);

create table idempotency_keys (
  actor text not null,
  key text not null,
  request_hash text not null,
  status integer,
  etag text,
  body text,
  at timestamptz not null,
  primary key (actor, key)
);

create index idempotency_keys_by_age on idempotency_keys (at);
