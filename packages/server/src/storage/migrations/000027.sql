-- Second factors, fresh proofs before signatures, where a session was opened from, and the organisation's sign-in.

alter table tokens
  add column proved_at timestamptz,
  add column proved_by text check (proved_by in ('password', 'totp', 'recovery-code', 'oidc')),
  add column address text,
  add column browser text,
  add constraint tokens_proof_check check ((proved_at is null) = (proved_by is null)),
  add constraint tokens_origin_check check (kind = 'session' or (address is null and browser is null));

create table second_factors (
  person text primary key references people (id),
  -- Sealed.
  secret text not null,
  -- The time step of the last code that was taken: no code is taken twice.
  last_step bigint not null default 0,
  created_at timestamptz not null,
  confirmed_at timestamptz
);

create table recovery_codes (
  person text not null references second_factors (person) on delete cascade,
  -- SHA-256, in hex.
  hash text not null,
  used_at timestamptz,
  primary key (person, hash)
);

-- At most one row: the organisation has one sign-in.
create table identity_provider (
  id boolean primary key default true check (id),
  settings jsonb not null,
  -- Sealed; null for a public client.
  secret text,
  revision integer not null,
  changed_at timestamptz not null,
  changed_by text not null
);

-- Who a subject of the provider is here.
create table identities (
  issuer text not null,
  subject text not null,
  person text not null references people (id),
  linked_at timestamptz not null,
  primary key (issuer, subject)
);

create index identities_by_person on identities (person);
