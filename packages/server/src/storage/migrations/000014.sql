-- Setting monitoring up: what was installed and pushed, what was seen of it since, and drills through
-- Prometheus and Alertmanager.

alter table exercises drop constraint exercises_kind_check;
alter table exercises add constraint exercises_kind_check
  check (kind in ('verification', 'alert', 'rollback', 'monitoring'));

-- What the alarm of a drill carries all the way; empty where the built-in evaluator reads the samples.
alter table drill_samples add column nonce text not null default '';

-- What stands in the monitoring systems for a flag in one environment.
create table monitoring_setups (
  project text not null references projects (key),
  environment text not null,
  flag text not null,
  connection text not null,
  run text not null references procedure_runs (id),
  -- Names of the groups and the hash of the rules; null where none were installed.
  rules jsonb,
  -- uid, version and address; null where no dashboard was pushed.
  dashboard jsonb,
  at timestamptz not null,
  -- The newest decision of a rollout that was put on the dashboard.
  annotated_rollout text,
  annotated_seq bigint not null default 0,
  primary key (project, environment, flag)
);

-- What was seen of them last, for each run.
create table monitoring_sightings (
  run text primary key references procedure_runs (id),
  found jsonb not null,
  at timestamptz not null
);
