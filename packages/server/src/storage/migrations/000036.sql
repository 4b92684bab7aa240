-- Signing in through the organisation's provider: what it gave, who came when, and which returns were used.

alter table identities
  -- Roles that the mapping gave: they fall when a group or a rule is gone; those that people gave stay.
  add column mapped jsonb not null default '[]',
  add column seen_at timestamptz;

-- The state of each return from the provider that was taken, so that none is taken twice.
create table spent_sign_ins (
  -- SHA-256, in hex.
  state text primary key,
  until timestamptz not null
);
