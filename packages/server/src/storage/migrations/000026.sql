-- Number and object flags, JSON Schemas of their values, prerequisites.
alter table flags drop constraint flags_value_type_check;
alter table flags add constraint flags_value_type_check
  check (value_type in ('boolean', 'string', 'number', 'object'));
alter table flags add column value_schema jsonb;
alter table flag_configs add column prerequisites jsonb not null default '[]';
