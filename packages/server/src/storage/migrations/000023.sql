-- Drafts: changes of protected environments outside a procedure, which others approve.

create table drafts (
  id text primary key,
  project text not null references projects (key),
  environment text not null,
  kind text not null check (kind in ('flag', 'segment')),
  -- the key of the flag or segment
  subject text not null,
  why text not null,
  -- what the draft began from, and the live revision that had it
  base_revision integer not null,
  base jsonb not null,
  proposed jsonb not null,
  -- of project, environment, subject, base and proposed content
  hash text not null,
  contributors text[] not null,
  -- the hash whose approval was asked for
  requested_hash text,
  requested_by text,
  requested_at timestamptz,
  closed_as text check (closed_as in ('published', 'discarded')),
  closed_by text,
  closed_at timestamptz,
  closed_reason text,
  published_revision integer,
  revision integer not null,
  created_at timestamptz not null,
  created_by text not null,
  changed_at timestamptz not null,
  changed_by text not null,
  foreign key (project, environment) references environments (project, key)
);

create index drafts_newest on drafts (project, created_at desc);
create index drafts_open on drafts (project) where closed_as is null;
create index drafts_published on drafts (project, environment, kind, subject, closed_at desc)
  where closed_as = 'published';

-- What people said to a draft; nothing in it is ever changed.
create table draft_verdicts (
  draft text not null references drafts (id),
  position integer generated always as identity,
  by text not null,
  roles text[] not null,
  verdict text not null check (verdict in ('approved', 'changes_requested')),
  hash text not null,
  comment text,
  at timestamptz not null,
  primary key (draft, position)
);
