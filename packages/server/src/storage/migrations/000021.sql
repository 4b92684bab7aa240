-- What processes use, as SDKs report it: CPU, memory, event loop, pools and queues.

create table process_samples (
  project text not null,
  environment text not null,
  instance text not null,
  -- The application's name when the sample came; `unknown` before its first acknowledgement.
  service text not null,
  at timestamptz not null,
  -- By resource: a number.
  used jsonb not null,
  primary key (project, environment, instance, at)
);

create index process_samples_by_time on process_samples (project, environment, at);
create index process_samples_by_age on process_samples (at);
