-- Which values pages have used, as their browsers tell it. Kept for 30 days.

create table browser_exposures (
  project text not null,
  environment text not null,
  flag text not null,
  -- Empty: the default of the code.
  variant text not null,
  minute_end timestamptz not null,
  n bigint not null,
  primary key (project, environment, flag, variant, minute_end)
);

create index browser_exposures_by_age on browser_exposures (minute_end);
