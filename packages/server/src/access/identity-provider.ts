/** The provider that the organisation signs in at: shown, settled, removed, asked what it offers. */
import type {
  IdentityProvider,
  IdentityProviderSettings,
  ProviderTest,
  WrittenIdentityProvider,
} from '@flagmarshal/api/identity-provider'
import { isThisMachine } from '@flagmarshal/domain/access/issuer'
import { ROLES } from '@flagmarshal/domain/access/permission'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { ProviderClient, SignInProvider } from '../integrations/sign-in-interfaces.ts'
import { stale } from '../refusals.ts'
import { PROVIDER_OWNER } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { deleteProvider, selectProvider, storeProvider } from '../storage/identities.ts'
import type { ProviderRow } from '../storage/identities.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'

/** What the provider is asked with. */
export interface ProviderParts {
  readonly database: Database
  readonly safe: Safe
  readonly provider: SignInProvider
  /** Where people reach the server; never taken from the request, which may lie. */
  readonly publicUrl: string | undefined
}

/** Where the provider tells of sessions that ended there. */
export const NOTICE_PATH = '/sign-in/back-channel-logout'

const DAY_MS = 86_400_000

/** How many days the roles of groups last without a sign-in, where nothing else is settled. */
const USUAL_ROLES_DAYS = 7

const Settings = z.object({
  name: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  groupsClaim: z.string(),
  roles: z.array(
    z.object({
      group: z.string(),
      role: z.enum(ROLES),
      project: z.string().optional(),
      environment: z.string().optional(),
    }),
  ),
  addsPeople: z.boolean(),
  linksByEmail: z.boolean(),
  sessionHours: z.int(),
  // What was settled before there was such a number.
  rolesDays: z.int().default(USUAL_ROLES_DAYS),
}) satisfies z.ZodType<IdentityProviderSettings>

/** For how long the roles of groups last without a sign-in, in milliseconds; also where nobody can sign in any more. */
export async function rolesLastMs(queries: Queries): Promise<number> {
  const row = await selectProvider(queries)
  return (row === undefined ? USUAL_ROLES_DAYS : Settings.parse(row.settings).rolesDays) * DAY_MS
}

/** What is settled, and what was never. */
export async function showIdentityProvider(
  queries: Queries,
  publicUrl: string | undefined,
): Promise<IdentityProvider> {
  const row = await selectProvider(queries)
  return {
    settings: row === undefined ? null : Settings.parse(row.settings),
    hasSecret: row !== undefined && row.secret !== null,
    returnAddress: publicUrl === undefined ? null : returnAddressOf(publicUrl),
    noticeAddress: publicUrl === undefined ? null : `${publicUrl}${NOTICE_PATH}`,
    revision: row?.revision ?? 1,
    changedAt: row?.changed_at.toISOString() ?? null,
    changedBy: row?.changed_by ?? null,
  }
}

/** What the sign-in page calls it; null where nobody can sign in there. */
export async function providerName(queries: Queries, publicUrl: string | undefined): Promise<string | null> {
  const row = publicUrl === undefined ? undefined : await selectProvider(queries)
  return row === undefined ? null : Settings.parse(row.settings).name
}

/** Settles it. Refuses rules that name what is not there, and an issuer without TLS on another machine. */
export async function writeIdentityProvider(
  context: Context,
  { database, safe, publicUrl }: ProviderParts,
  { settings, secret, ifMatch }: WrittenIdentityProvider & { readonly ifMatch: number },
): Promise<IdentityProvider | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await showIdentityProvider(tx, publicUrl)
    if (before.revision !== ifMatch) return stale('identity provider', before)
    const no = refuseInsecure(settings.issuer) ?? (await refuseRules(tx, settings))
    if (no !== undefined) return no
    const stored = (await selectProvider(tx))?.secret ?? null
    const elsewhere = before.settings !== null && before.settings.issuer !== settings.issuer
    if (elsewhere && stored !== null && secret === undefined) return refuseOldSecret()
    const sealed = secret === undefined ? stored : secret === null ? null : safe.seal(secret, PROVIDER_OWNER)
    const row = {
      settings: toJson(settings),
      secret: sealed,
      revision: ifMatch + 1,
      changed_at: context.now,
      changed_by: context.actor.id,
    }
    if (!(await storeProvider(tx, row))) return stale('identity provider', before)
    await record(tx, context, {
      chain: 'installation',
      action: 'identity-provider.write',
      subject: { kind: 'installation', id: 'identity-provider' },
      before: before.settings,
      after: { ...settings, secretChanged: secret !== undefined },
    })
    return await showIdentityProvider(tx, publicUrl)
  })
}

/** Removes it. */
export async function removeIdentityProvider(
  context: Context,
  database: Database,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    if (!(await deleteProvider(tx))) return refuseWithoutProvider()
    await record(tx, context, {
      chain: 'installation',
      action: 'identity-provider.remove',
      subject: { kind: 'installation', id: 'identity-provider' },
    })
    return undefined
  })
}

/** Asks it what it offers. */
export async function testIdentityProvider(
  { now }: Context,
  parts: ProviderParts,
): Promise<ProviderTest | Refusal> {
  const opened = await openProvider(parts)
  if (isRefusal(opened)) return opened
  const looked = await parts.provider.look(opened.client, now)
  return {
    at: now.toISOString(),
    state: looked.kind === 'answers' ? 'pass' : 'fail',
    notes: looked.kind === 'answers' ? [...looked.notes] : [`It cannot be used: ${looked.why}.`],
  }
}

/** The provider, ready to be asked. */
export interface OpenProvider {
  readonly settings: IdentityProviderSettings
  readonly client: ProviderClient
  readonly revision: number
}

/** It with its secret. Refuses where there is none, its secret is lost, or nobody knows our own address. */
export async function openProvider({
  database,
  safe,
  publicUrl,
}: Omit<ProviderParts, 'provider'>): Promise<OpenProvider | Refusal> {
  const row = await selectProvider(database.kysely)
  if (row === undefined) return refuseWithoutProvider()
  if (publicUrl === undefined) {
    return refuse(
      'public-address-needed',
      'The provider must be told where to send people back to, and this server does not know its own address.',
      'Set FLAGMARSHAL_PUBLIC_URL to where people reach it.',
    )
  }
  const secret = secretOf(safe, row)
  if (isRefusal(secret)) return secret
  const settings = Settings.parse(row.settings)
  const { issuer, clientId, scopes } = settings
  return {
    settings,
    revision: row.revision,
    client: { issuer, clientId, scopes, secret, returnAddress: returnAddressOf(publicUrl) },
  }
}

function secretOf(safe: Safe, { secret }: ProviderRow): string | undefined | Refusal {
  if (secret === null) return undefined
  return (
    safe.open(secret, PROVIDER_OWNER) ??
    refuse(
      'secret-lost',
      'The secret of the provider was encrypted with a key that is not there.',
      'Give it anew: flagmarshal identity-provider set --secret-file client-secret.txt',
    )
  )
}

function returnAddressOf(publicUrl: string): string {
  return `${publicUrl}/sign-in/return`
}

function refuseWithoutProvider(): Refusal {
  return refuse(
    'no-provider',
    'Nobody has set up a provider to sign in at.',
    'An administrator does: flagmarshal identity-provider set',
  )
}

function refuseOldSecret(): Refusal {
  return refuse(
    'invalid',
    'The secret of one issuer is never sent to another one.',
    'Give the secret of the new one.',
    '/secret',
  )
}

function refuseInsecure(issuer: string): Refusal | undefined {
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' || isThisMachine(hostname)) return undefined
  return refuse(
    'invalid',
    'A provider on another machine must be called over https.',
    'Use its https address.',
    '/settings/issuer',
  )
}

async function refuseRules(tx: Tx, { roles }: IdentityProviderSettings): Promise<Refusal | undefined> {
  for (const [index, { role, project, environment }] of roles.entries()) {
    const no = (message: string, field: string) =>
      refuse('invalid', message, 'Change or remove the rule.', `/settings/roles/${index}/${field}`)
    if (project === undefined) {
      if (environment !== undefined) return no('An environment is one of a project.', 'environment')
      continue
    }
    if (role === 'administrator') return no('An administrator is one everywhere.', 'role')
    if ((await selectProject(tx, project)) === undefined)
      return no(`There is no project ${project}.`, 'project')
    const known = (await selectEnvironments(tx, project)).map((it) => it.key)
    if (environment !== undefined && !known.includes(environment)) {
      return no(`${project} has no environment ${environment}.`, 'environment')
    }
  }
  return undefined
}
