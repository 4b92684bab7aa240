-- Kill links that were made, to be listed and revoked; what opens one is in none of them.

create table kill_links (
  id text primary key,
  project text not null,
  environment text not null,
  flag text not null,
  by text not null,
  until timestamptz not null,
  revoked_at timestamptz,
  revoked_by text
);

create index kill_links_by_project on kill_links (project, until);

-- Values asked of this server over OFREP, by clients that evaluate nothing themselves.

create table remote_asks (
  project text not null,
  environment text not null,
  flag text not null,
  minute_end timestamptz not null,
  n bigint not null,
  last_at timestamptz not null,
  primary key (project, environment, flag, minute_end)
);

create index remote_asks_by_age on remote_asks (minute_end);
