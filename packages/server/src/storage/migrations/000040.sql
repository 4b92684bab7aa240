-- Of a session that was opened at the organisation's provider: where, and what the provider calls the session
-- there. With it a notice of the provider ends what it opened, and nothing else.

alter table tokens
  add column issuer text,
  add column provider_session text,
  add constraint tokens_issuer_check check (kind = 'session' or issuer is null),
  add constraint tokens_provider_session_check check (issuer is not null or provider_session is null);

create index tokens_by_provider_session on tokens (issuer, provider_session)
  where provider_session is not null;
