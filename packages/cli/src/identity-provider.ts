/**
 * `flagmarshal identity-provider …`: where the organisation signs in (OpenID Connect), and the roles of its
 * groups. Secrets come from files only.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { readSecret, wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'

type Settings = NonNullable<Answer<'showIdentityProvider'>['settings']>
type Rule = Settings['roles'][number]

interface Given {
  readonly name?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly scope?: string[]
  readonly groupsClaim?: string
  readonly sessionHours?: string
  readonly rolesDays?: string
  readonly addPeople?: boolean
  readonly linkByEmail?: boolean
  readonly secretFile?: string
  readonly publicClient?: boolean
}

export function identityProviderCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const provider = program
    .command('identity-provider')
    .description('where the organisation signs in (OpenID Connect), and the roles of its groups')
  settling(provider, open)
  mapping(provider, open)
  provider
    .command('show')
    .description('what is settled, and the address to register there')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const shown = await session.call('showIdentityProvider')
      session.result(shown, () => linesOf(shown).join('\n'))
    })
  provider
    .command('test')
    .description('ask it what it offers, and for its keys; exits 9 where people cannot sign in there')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const tested = await session.call('testIdentityProvider')
      session.result(tested, () => [tested.state, ...tested.notes].join('\n'))
      if (tested.state === 'fail') end(EXIT.notVerified)
    })
  provider
    .command('remove')
    .description('nobody signs in there any more; people, roles and sessions stay')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      await session.call('removeIdentityProvider')
      session.result(
        { removed: true },
        () => 'Removed. Who has no password needs a link: flagmarshal person invite <person>',
      )
    })
}

function settling(provider: Command, open: Open): void {
  provider
    .command('set')
    .description('settle it; what is not named stays')
    .option('--name <name>', 'what the sign-in page calls it')
    .option('--issuer <url>', 'the address below which /.well-known/openid-configuration is found')
    .option('--client-id <id>', 'what it calls this client')
    .option('--secret-file <path>', 'file with the secret of the client; - reads stdin')
    .option('--public-client', 'there is no secret')
    .option('--scope <scope...>', 'asked for beside openid; profile and email unless given')
    .option('--groups-claim <name>', 'the claim with the groups: a name, or a path like realm_access.roles')
    .option('--session-hours <number>', 'how long a session lasts; 12 unless given')
    .option('--roles-days <number>', 'how long roles of groups last without a sign-in; 7 unless given')
    .option('--add-people', 'somebody new with a role by the rules is added at the first sign-in')
    .option('--no-add-people', 'only those who are known sign in')
    .option('--link-by-email', 'somebody known is taken for who shows their verified address')
    .option('--no-link-by-email', 'only who connects the own account is known there')
    .action(async (given: Given, command: Command) => {
      const session = open(command)
      const written = await write(session, secretOf(given), (now) => ({ ...now, ...changedBy(given) }))
      session.result(written, () => linesOf(written).join('\n'))
    })
}

function mapping(provider: Command, open: Open): void {
  const rule = (description: string, name: string, change: (rules: readonly Rule[], rule: Rule) => Rule[]) =>
    provider
      .command(`${name} <group> <role>`)
      .description(description)
      .option('--in-project <key>', 'in this project only')
      .option('-e, --env <environment>', 'in this environment of that project only')
      .action(
        async (
          group: string,
          role: Rule['role'],
          given: { readonly inProject?: string; readonly env?: string },
          command: Command,
        ) => {
          const session = open(command)
          const { inProject: project, env: environment } = given
          const made = {
            group,
            role,
            ...(project === undefined ? {} : { project }),
            ...(environment === undefined ? {} : { environment }),
          }
          const written = await write(session, undefined, (now) => ({
            ...now,
            roles: change(now.roles, made),
          }))
          session.result(written, () => linesOf(written).join('\n'))
        },
      )
  rule('whoever is in the group has the role, from the next sign-in on', 'map', (rules, made) => [
    ...rules.filter((it) => !same(it, made)),
    made,
  ])
  rule('withdraw such a rule: the role falls at the next sign-in', 'unmap', (rules, made) => {
    const left = rules.filter((it) => !same(it, made))
    if (left.length < rules.length) return left
    throw usage(`There is no rule ${textOf(made)}.`, 'List them: flagmarshal identity-provider show')
  })
}

/** Writes what `change` makes of the present settings, if nobody else has changed them. */
async function write(
  session: Session,
  secret: string | null | undefined,
  change: (now: Settings) => Settings,
): Promise<Answer<'writeIdentityProvider'>> {
  const { settings, revision } = await session.call('showIdentityProvider')
  // Of the first one the server says what is lacking.
  const body = { settings: change(settings ?? ({ roles: [] } as unknown as Settings)) }
  return await session.call('writeIdentityProvider', {
    body: { ...body, ...(secret === undefined ? {} : { secret }) },
    ifMatch: revision,
  })
}

function secretOf({ secretFile, publicClient }: Given): string | null | undefined {
  if (secretFile !== undefined && publicClient === true) {
    throw usage('A public client has no secret.', 'Give --secret-file or --public-client.')
  }
  if (publicClient === true) return null
  return secretFile === undefined ? undefined : readSecret(secretFile)
}

function changedBy(given: Given): Partial<Settings> {
  const { name, issuer, clientId, scope, groupsClaim, sessionHours, rolesDays, addPeople, linkByEmail } =
    given
  return {
    ...(name === undefined ? {} : { name }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(groupsClaim === undefined ? {} : { groupsClaim }),
    ...(sessionHours === undefined ? {} : { sessionHours: wholeNumber(sessionHours, '--session-hours') }),
    ...(rolesDays === undefined ? {} : { rolesDays: wholeNumber(rolesDays, '--roles-days') }),
    ...(addPeople === undefined ? {} : { addsPeople: addPeople }),
    ...(linkByEmail === undefined ? {} : { linksByEmail: linkByEmail }),
  }
}

function same(a: Rule, b: Rule): boolean {
  return textOf(a) === textOf(b)
}

function textOf({ group, role, project, environment }: Rule): string {
  const place = [project, environment].filter((it) => it !== undefined).join('/')
  return `${group} → ${role}${place === '' ? '' : ` in ${place}`}`
}

function linesOf({
  settings,
  hasSecret,
  returnAddress,
  noticeAddress,
}: Answer<'showIdentityProvider'>): readonly string[] {
  const register =
    returnAddress === null
      ? 'Nobody can sign in there before FLAGMARSHAL_PUBLIC_URL is set on the server.'
      : `Register there as the address to return to: ${returnAddress}`
  if (settings === null) return ['None is set up.', register]
  const notice =
    noticeAddress === null ? [] : [`And for back-channel logout, if it offers that: ${noticeAddress}`]
  return [
    `${settings.name}: ${settings.issuer} as ${settings.clientId}, ${hasSecret ? 'with' : 'without'} a secret`,
    `Asks for openid ${settings.scopes.join(' ')}; groups are in ${settings.groupsClaim}; a session lasts ${settings.sessionHours} hours`,
    `Roles of groups last ${settings.rolesDays} days without a sign-in`,
    settings.addsPeople ? 'Somebody new with a role is added.' : 'Nobody new is added.',
    settings.linksByEmail
      ? 'Somebody known is linked by a verified address.'
      : 'Nobody is linked by an address.',
    ...settings.roles.map(textOf),
    register,
    ...notice,
  ]
}
