-- What projects settle about their runs; gates that were passed in an emergency; reusable plans.

create table project_policies (
  project text primary key references projects (key),
  revision bigint not null,
  policy jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null
);

create table broken_glass (
  id text primary key,
  project text not null,
  feature text not null,
  gate text not null,
  reason text not null,
  by text not null,
  at timestamptz not null,
  until timestamptz not null,
  review jsonb,
  foreign key (project, feature) references features (project, key)
);

create index broken_glass_by_feature on broken_glass (project, feature, at desc);

create table plan_templates (
  key text primary key,
  name text not null,
  description text not null,
  plan jsonb not null,
  created_at timestamptz not null,
  created_by text not null
);
