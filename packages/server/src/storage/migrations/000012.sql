-- What people do inside a rollout: approvals, overrides and reviews; plans that are taken over while it runs.

alter table rollouts
  add column plan_version integer not null default 1,
  add column approval jsonb,
  add column overrides jsonb,
  add column review jsonb;

create index reports_open on reports (project, kind) where resolved_at is null;
