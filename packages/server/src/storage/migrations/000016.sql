-- Requests that were not exposed, by slices of the targeting keys: what a plan is tried on before it is approved.
-- Kept for the flags of features alone, and for three days. Twenty numbers each; doubles, which hold whole numbers up to 2^53.

create table traffic_slices (
  project text not null,
  environment text not null,
  flag text not null,
  variant text not null,
  minute_end timestamptz not null,
  n double precision[] not null check (cardinality(n) = 20),
  bad double precision[] not null check (cardinality(bad) = 20),
  slow double precision[] not null check (cardinality(slow) = 20),
  primary key (project, environment, flag, variant, minute_end)
);

create index traffic_slices_by_age on traffic_slices (minute_end);

-- The sums of two arrays of the same length, one by one.
create function add_each(a double precision[], b double precision[]) returns double precision[]
  language sql immutable parallel safe
  as $$ select array_agg(x + y order by i) from unnest(a, b) with ordinality as pair(x, y, i) $$;
