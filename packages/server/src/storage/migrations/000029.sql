-- What is given up and may come back: flags and environments; and how long what is recorded is kept.

alter table flags add column archived_at timestamptz, add column archived_by text;
alter table environments add column archived_at timestamptz;

-- Whatever is archived is off, whoever writes: an application that still asks gets the off variant.
create function keep_archived_off() returns trigger language plpgsql as $$
begin
  if new.enabled and (
    exists (
      select from flags
      where flags.project = new.project and flags.key = new.flag and flags.archived_at is not null
    ) or exists (
      select from environments
      where environments.project = new.project and environments.key = new.environment
        and environments.archived_at is not null
    )
  ) then
    new.enabled := false;
  end if;
  return new;
end
$$;
create trigger keep_archived_off before insert or update on flag_configs
  for each row when (new.enabled) execute function keep_archived_off();

-- One row: days by what is kept, and the last deletion.
create table retention (
  id boolean primary key default true check (id),
  days jsonb not null,
  revision bigint not null,
  changed_at timestamptz not null,
  changed_by text not null
);
create table retention_runs (
  id boolean primary key default true check (id),
  at timestamptz not null,
  deleted jsonb not null
);
