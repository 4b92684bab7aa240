-- Requests by why they were served their variant, as SDKs report it.

create table usage_reasons (
  project text not null,
  environment text not null,
  flag text not null,
  variant text not null,
  reason text not null,
  minute_end timestamptz not null,
  n bigint not null,
  primary key (project, environment, flag, variant, reason, minute_end)
);

create index usage_reasons_by_age on usage_reasons (minute_end);
