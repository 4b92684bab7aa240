-- When the last backup was whole: at most one row, for the alert of backups that nobody makes.
create table backup_runs (
  id boolean primary key default true check (id),
  at timestamptz not null,
  rows bigint not null
);
