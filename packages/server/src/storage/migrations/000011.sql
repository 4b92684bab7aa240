-- The split of the arms, and the windows in which keys appeared.

alter table rollouts add column split jsonb;

-- Read window by window: the keys that appeared in it.
create index measured_keys_by_window on measured_keys (rollout, attempt, window_end);
