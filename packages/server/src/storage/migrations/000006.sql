-- Uploads, code references, and evidence of what was seen at the references of inputs.

create table uploads (
  project text not null references projects (key),
  hash text not null,
  name text not null,
  content bytea not null,
  tests jsonb,
  by text not null,
  at timestamptz not null,
  primary key (project, hash)
);

create trigger uploads_are_kept before update or delete on uploads
for each row execute function refuse_change();

create table code_references (
  project text not null references projects (key),
  flag text not null,
  repository text not null,
  branch text,
  commit text not null,
  refs jsonb not null,
  by text not null,
  at timestamptz not null,
  primary key (project, flag, repository)
);

-- Each kind of evidence is a name in the code; what is about an input has step 0.
alter table evidence drop constraint if exists evidence_kind_check;
