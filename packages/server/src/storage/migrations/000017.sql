-- Who is told of an exit by name, and what became of it; where related procedures are found.

-- A delivery to one person or team by mail, beside those to whole channels. `evidence` is the hash
-- under which what became of it is kept.
alter table deliveries add column recipient text, add column mailbox text, add column evidence text;
alter table deliveries drop constraint deliveries_signal_channel_key;
create unique index deliveries_once on deliveries (signal, channel, coalesce(recipient, ''));

create index outbox_exits on outbox (project, subject, position desc) where type in
  ('dev.flagmarshal.procedure.completed', 'dev.flagmarshal.procedure.aborted', 'dev.flagmarshal.procedure.blocked');

-- The kinds of evidence are the code's.
alter table evidence drop constraint if exists evidence_kind_check;

-- Of the organisation: one row.
create table related_procedures (
  id boolean primary key default true check (id),
  revision integer not null,
  addresses jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null
);
