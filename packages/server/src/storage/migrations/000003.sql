-- Features, runs of procedures, bundles, evidence.

create table features (
  project text not null references projects (key),
  key text not null,
  name text not null,
  team text not null,
  ticket jsonb not null,
  stakeholders text[] not null,
  roles jsonb not null,
  flag text not null,
  layers text[] not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, key),
  unique (project, flag)
);

create table procedure_runs (
  id text primary key,
  project text not null,
  feature text not null,
  procedure text not null,
  procedure_version integer not null,
  state text not null check (
    state in ('draft', 'halted', 'open', 'awaiting_approval', 'approved', 'completed', 'reopened', 'aborted')
  ),
  revision bigint not null,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  run jsonb not null,
  foreign key (project, feature) references features (project, key)
);

create index procedure_runs_by_feature on procedure_runs (project, feature, started_at desc);

create table bundles (
  run text not null references procedure_runs (id),
  hash text not null,
  content jsonb not null,
  at timestamptz not null,
  primary key (run, hash)
);

create table evidence (
  project text not null references projects (key),
  hash text not null,
  kind text not null check (kind in ('check', 'attestation')),
  run text not null references procedure_runs (id),
  step integer not null,
  by text not null,
  at timestamptz not null,
  content jsonb not null,
  primary key (project, hash)
);

create index evidence_by_run on evidence (run, at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is kept as it is: % refused', tg_table_name, tg_op;
end
$$;

create trigger evidence_is_kept before update or delete on evidence
for each row execute function refuse_change();

create trigger bundles_are_kept before update or delete on bundles
for each row execute function refuse_change();
