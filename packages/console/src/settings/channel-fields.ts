/** What each kind of channel is settled by. */
import type { Field } from '../form/field.ts'
import { choice, group, line, lines, number, secret } from '../form/make-field.ts'

const CHANNEL_KINDS = ['webhook', 'slack', 'jira', 'pagerduty', 'mail'] as const
type ChannelKind = (typeof CHANNEL_KINDS)[number]

const optional = { optional: true } as const

const SETTINGS: Readonly<Record<ChannelKind, readonly Field[]>> = {
  webhook: [line('url', 'Address', { help: 'https; what is posted is signed as Standard Webhooks says.' })],
  slack: [],
  jira: [
    line('site', 'Site', { help: 'Like https://shop.atlassian.net.' }),
    line('email', 'E-mail address', { help: 'Whose API token the secret is.' }),
    line('transition', 'Transition', { ...optional, help: 'Made in the ticket when a plan is approved.' }),
    line('followUpProject', 'Project of follow-ups', {
      ...optional,
      help: 'Key of the Jira project in which an issue is made for a rollback that names no ticket.',
    }),
  ],
  pagerduty: [line('url', 'Address', { ...optional, help: 'https://events.pagerduty.com unless given.' })],
  mail: [
    line('host', 'Host'),
    number('port', 'Port'),
    choice('security', 'Security', ['tls', 'starttls', 'none']),
    line('user', 'User', { ...optional, help: 'With it the secret is the password.' }),
    line('from', 'From'),
    lines('to', 'To', { help: 'One address on each line.' }),
  ],
}

const SECRET: Readonly<Record<ChannelKind, string>> = {
  webhook: 'Secret that signs: whsec_ and 24 to 64 bytes in base64',
  slack: 'Address of the incoming webhook',
  jira: 'API token',
  pagerduty: 'Routing key',
  mail: 'Password',
}

const SUBSCRIBES = lines('subscribes', 'Signals that it takes', {
  help: 'Types, like dev.flagmarshal.rollout.* or dev.flagmarshal.procedure.blocked; * is all.',
})

/** The fields of a new channel, as far as its kind is known. */
export function newChannelFields(kind: ChannelKind | undefined): readonly Field[] {
  const named = [line('key', 'Key', { help: 'a-z, 0-9 and -.' }), choice('kind', 'Kind', CHANNEL_KINDS)]
  if (kind === undefined) return named
  const needed = kind === 'mail' ? optional : {}
  return [...named, ...settingsOf(kind), secret('secret', SECRET[kind], needed), SUBSCRIBES]
}

/** The fields of a channel that is there; a secret that is left empty stays. */
export function channelFields(kind: ChannelKind): readonly Field[] {
  return [
    ...settingsOf(kind),
    secret('secret', SECRET[kind], {
      ...optional,
      help: 'Left empty, the present one stays. It is never shown.',
    }),
    SUBSCRIBES,
    choice('state', 'State', ['active', 'disabled']),
  ]
}

function settingsOf(kind: ChannelKind): readonly Field[] {
  const fields = SETTINGS[kind]
  return fields.length === 0 ? [] : [group('settings', 'Where it goes', fields)]
}

/** A word that names a kind. */
export function isChannelKind(word: unknown): word is ChannelKind {
  return CHANNEL_KINDS.some((it) => it === word)
}
