-- Where the evidence of each criterion stood after a window, for charts; and deleting what is old.
alter table measurements add column evidence jsonb not null default '[]';
create index measurements_window_end on measurements (window_end);
