-- Personas: contexts that people keep to ask who gets what.

create table personas (
  project text not null references projects (key),
  key text not null,
  name text not null,
  -- flat attributes, targetingKey among them
  context jsonb not null,
  saved_at timestamptz not null,
  saved_by text not null,
  primary key (project, key)
);
