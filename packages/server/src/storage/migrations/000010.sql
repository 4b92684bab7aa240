-- Tokens of automations: they belong to a project and to no environment.

alter table tokens
  drop constraint tokens_kind_check,
  drop constraint tokens_check2,
  add constraint tokens_kind_check check (kind in ('user', 'service', 'server', 'web')),
  add constraint tokens_environment_check
    check ((kind in ('server', 'web')) = (environment is not null));
