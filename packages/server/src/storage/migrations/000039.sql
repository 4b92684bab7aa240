-- What a scan found in a repository as a whole, and which commit took the last place of a flag away.

create table code_scans (
  project text not null references projects (key),
  repository text not null,
  branch text,
  commit text not null,
  files integer not null,
  -- Places whose key is only known while the code runs.
  dynamic jsonb not null,
  by text not null,
  at timestamptz not null,
  primary key (project, repository)
);

alter table code_references add column extinct jsonb;
