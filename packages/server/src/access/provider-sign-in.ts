/**
 * Signing in at the organisation's provider: leaving for it, and what happens with whoever comes back.
 * Nothing of the network is asked inside of a transaction.
 */
import type { IdentityProviderSettings } from '@flagmarshal/api/identity-provider'
import type { KeptProof } from '@flagmarshal/api/proof'
import { idOf, refuseDisabled, resolvePerson } from '@flagmarshal/domain/access/provider-person'
import type { Shown } from '@flagmarshal/domain/access/provider-person'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import { system } from '../context.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import type { ProviderFault, ShownPerson } from '../integrations/sign-in-interfaces.ts'
import { insertPerson, selectPerson } from '../storage/access.ts'
import type { Database, Tx } from '../storage/database.ts'
import {
  insertIdentity,
  lockConnecting,
  lockIdentity,
  noteIdentity,
  selectIdentities,
  selectNamesakes,
} from '../storage/identities.ts'
import { updateProof } from '../storage/second-factors.ts'
import { openProvider } from './identity-provider.ts'
import type { OpenProvider, ProviderParts } from './identity-provider.ts'
import { refuseLost, sealKept, takeKept } from './kept-sign-in.ts'
import type { Purpose, Returned } from './kept-sign-in.ts'
import { applyMappedRoles, wantedRoles } from './mapped-roles.ts'
import { refuseOldProof, refuseWithoutSession } from './own-session.ts'
import { openSession } from './sessions.ts'
import type { OpenedSession, Origin } from './sessions.ts'

/** Where the browser goes, and what it keeps until it comes back. */
export interface BegunSignIn {
  readonly address: string
  readonly state: string
  readonly cookie: string
}

/** What became of a return; `opened` of a sign-in, `proof` of a proof. */
export interface FinishedReturn {
  readonly did: 'signed-in' | 'proved' | 'connected'
  readonly page: string
  readonly opened?: OpenedSession
  readonly proof?: KeptProof
}

/** How much later than ours the provider's clock may be when it is asked for a new proof. */
const TOLERANCE_MS = 30_000

/** Leaves for the provider. `session` is the secret of the browser's session, for all but a sign-in. */
export async function beginAtProvider(
  context: Context,
  parts: ProviderParts,
  wanted: { readonly for: Purpose['for']; readonly page: string; readonly session?: string | undefined },
): Promise<BegunSignIn | Refusal> {
  const { now } = context
  const opened = await openProvider(parts)
  if (isRefusal(opened)) return opened
  const purpose = await purposeOf(context, parts.database, { ...wanted, issuer: opened.client.issuer })
  if (isRefusal(purpose)) return purpose
  const begun = await parts.provider.begin(opened.client, { anew: purpose.for === 'proof', now })
  if (begun.kind !== 'begun') return refuseFault(opened, begun)
  const { kept, address } = begun
  const cookie = sealKept(parts.safe, {
    ...kept,
    purpose,
    revision: opened.revision,
    page: wanted.page,
    begun: now.getTime(),
  })
  return { address, state: kept.state, cookie }
}

async function purposeOf(
  context: Context,
  database: Database,
  wanted: { readonly for: Purpose['for']; readonly issuer: string; readonly session?: string | undefined },
): Promise<Purpose | Refusal> {
  const { actor } = context
  if (wanted.for === 'sign-in') return { for: 'sign-in' }
  const { session } = wanted
  if (actor.session !== true || actor.tokenId === undefined || session === undefined) {
    return refuseWithoutSession()
  }
  const by = { person: actor.id, token: actor.tokenId, session: sha256(session) }
  const connected = await selectIdentities(database.kysely, actor.id)
  const here = connected.some((it) => it.issuer === wanted.issuer)
  if (wanted.for === 'proof') {
    if (here) return { for: 'proof', by }
    return refuse(
      'not-connected',
      'Your account is not connected with the provider.',
      'Connect it on its page.',
    )
  }
  if (here) {
    return refuse('connected', 'Your account is connected with the provider.', 'There is nothing to do.')
  }
  const no = refuseOldProof(context, 'To connect your account, show once more who you are.')
  return no ?? { for: 'connection', by }
}

/** Takes somebody who comes back. */
export async function finishAtProvider(
  context: Context,
  parts: ProviderParts & { readonly origin: Origin },
  returned: Returned,
): Promise<FinishedReturn | Refusal> {
  const { now } = context
  const kept = await takeKept(parts, returned, now)
  if (isRefusal(kept)) return kept
  const opened = await openProvider(parts)
  if (isRefusal(opened)) return opened
  if (opened.revision !== kept.revision) return refuseLost()
  const shown = await parts.provider.finish(opened.client, { kept, query: returned.query, now })
  if (shown.kind !== 'shown') {
    context.log.warn({ why: shown.why }, 'a sign-in at the provider was refused')
    return refuseFault(opened, shown)
  }
  const { purpose, page, begun } = kept
  const { settings } = opened
  const { person } = shown
  switch (purpose.for) {
    case 'sign-in': {
      const session = await enter(context, parts, { person, settings })
      return isRefusal(session) ? session : { did: 'signed-in', page, opened: session }
    }
    case 'proof': {
      const proof = await keepProof(context, parts.database, { person, by: purpose.by, begun })
      return isRefusal(proof) ? proof : { did: 'proved', page, proof }
    }
    case 'connection': {
      const no = await connect(context, parts.database, { person, by: purpose.by })
      return no ?? { did: 'connected', page }
    }
  }
}

interface Entering {
  readonly person: ShownPerson
  readonly settings: IdentityProviderSettings
}

/** Signs in: the roles that follow from the groups are given and taken first, also where nobody is let in for it. */
async function enter(
  context: Context,
  { database, origin }: { readonly database: Database; readonly origin: Origin },
  { person: shown, settings }: Entering,
): Promise<OpenedSession | Refusal> {
  const { now } = context
  return (
    (await database.transaction(async (tx) => {
      const wanted = await wantedRoles(tx, settings, shown.claims)
      const id = await personOf(tx, context, { shown, settings, added: wanted.length > 0 })
      if (isRefusal(id)) return id
      const mapped = await applyMappedRoles(tx, context, id, wanted)
      await noteIdentity(tx, shown, { mapped, at: now })
      const person = await selectPerson(tx, id)
      if (person === undefined) throw new Error(`${id} is connected and not there`)
      // What was taken stays taken: a refusal here would undo it.
      if (person.roles.length === 0 && person.grants.length === 0) return undefined
      return await openSession(tx, context, person, {
        method: 'oidc',
        origin,
        provedAt: shown.provedAt === undefined ? null : earlier(shown.provedAt, now),
        lengthMs: settings.sessionHours * 3_600_000,
        there: shown,
      })
    })) ?? refuseWithoutRole(settings)
  )
}

/** Who that is here: known, connected now, or added. */
async function personOf(
  tx: Tx,
  context: Context,
  {
    shown,
    settings,
    added,
  }: { readonly shown: ShownPerson; readonly settings: IdentityProviderSettings; readonly added: boolean },
): Promise<string | Refusal> {
  const { issuer, subject, claims } = shown
  await lockConnecting(tx)
  const identity = await lockIdentity(tx, issuer, subject)
  if (identity !== undefined) {
    const person = await selectPerson(tx, identity.person)
    return person === undefined || person.disabled_at !== null ? refuseDisabled() : person.id
  }
  const said = shownOf(subject, claims)
  const known = await selectNamesakes(tx, { idPrefix: idOf(said).slice(0, 58), email: said.email })
  const resolved = resolvePerson(
    said,
    known.map((it) => ({ ...it, disabled: it.disabled_at !== null, erased: it.erased_at !== null })),
    settings,
  )
  if (isRefusal(resolved)) return resolved
  if (resolved.kind === 'add' && !added) return refuseWithoutRole(settings)
  const acting = { ...context, actor: system('identity-provider') }
  const id = resolved.kind === 'add' ? resolved.id : resolved.person
  if (resolved.kind === 'add') {
    const { name, email } = resolved
    await insertPerson(tx, { id, name, email, roles: [], created_at: context.now })
    await record(tx, acting, {
      chain: 'installation',
      action: 'person.create',
      subject: { kind: 'person', id },
      after: { id, name, roles: [] },
    })
  }
  await insertIdentity(tx, { issuer, subject, person: id, linked_at: context.now })
  await recordConnected(tx, acting, id, resolved.kind === 'add' ? 'first sign-in' : 'verified address')
  return id
}

interface ByWhom {
  readonly person: ShownPerson
  readonly by: { readonly person: string; readonly token: string }
}

/** Keeps with the session that its person has shown the provider anew who they are. */
async function keepProof(
  context: Context,
  database: Database,
  { person: shown, by, begun }: ByWhom & { readonly begun: number },
): Promise<KeptProof | Refusal> {
  const { now } = context
  const { provedAt } = shown
  if (provedAt === undefined || provedAt.getTime() < begun - TOLERANCE_MS) {
    return refuse(
      'proof-too-old',
      'The provider did not ask anew who you are, or does not say when it did.',
      'Give a code of your second factor, or ask an administrator how the provider is set up.',
    )
  }
  return await database.transaction(async (tx) => {
    const identity = await lockIdentity(tx, shown.issuer, shown.subject)
    if (identity?.person !== by.person) return refuseOther()
    const at = earlier(provedAt, now)
    await updateProof(tx, by.token, { method: 'oidc', at })
    const person = { ...system('identity-provider'), kind: 'person' as const, id: by.person, name: by.person }
    await record(
      tx,
      { ...context, actor: person },
      {
        chain: 'installation',
        action: 'person.prove',
        subject: { kind: 'person', id: by.person },
        after: { method: 'oidc' },
      },
    )
    return { method: 'oidc', at: at.toISOString() }
  })
}

/** Connects the account of a session with whoever came back. */
async function connect(
  context: Context,
  database: Database,
  { person: shown, by }: ByWhom,
): Promise<Refusal | undefined> {
  return await database.transaction(async (tx) => {
    await lockConnecting(tx)
    const { issuer, subject } = shown
    const account = await selectPerson(tx, by.person)
    if (account === undefined || account.disabled_at !== null) return refuseDisabled()
    const row = { issuer, subject, person: by.person, linked_at: context.now }
    if (!(await insertIdentity(tx, row))) return refuseOther()
    const actor = {
      ...system('identity-provider'),
      kind: 'person' as const,
      id: by.person,
      name: account.name,
    }
    await recordConnected(tx, { ...context, actor }, by.person, 'own account')
    return undefined
  })
}

async function recordConnected(tx: Tx, context: Context, person: string, how: string): Promise<void> {
  await record(tx, context, {
    chain: 'installation',
    action: 'person.connect',
    subject: { kind: 'person', id: person },
    after: { how },
  })
}

/** The standard claims (OpenID Connect Core 5.1), where they are what they should be. */
function shownOf(subject: string, claims: Readonly<Record<string, unknown>>): Shown {
  const text = (name: string, longest: number) => {
    const value = claims[name]
    return typeof value === 'string' && value !== '' && value.length <= longest ? value : undefined
  }
  const email = text('email', 254)
  return {
    subject,
    name: text('name', 200),
    login: text('preferred_username', 200),
    email: email !== undefined && /^[^\s<>,;]+@[^\s<>,;]+$/.test(email) ? email : undefined,
    emailVerified: claims['email_verified'] === true,
  }
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}

function refuseOther(): Refusal {
  return refuse(
    'another-person',
    'Whoever signed in at the provider is somebody else here.',
    'Sign out there, then begin anew with your own account.',
  )
}

function refuseWithoutRole({ name }: IdentityProviderSettings): Refusal {
  return refuse(
    'no-role',
    `None of your groups at ${name} has a role here.`,
    'Ask an administrator which group you need.',
  )
}

function refuseFault({ settings, client }: OpenProvider, { kind, why }: ProviderFault): Refusal {
  return kind === 'failed'
    ? refuse(
        'provider-unreachable',
        `${settings.name} (${new URL(client.issuer).host}) cannot be asked: ${why}.`,
        'Try again in a minute, or sign in with a password if you have one.',
      )
    : refuse(
        'provider-refused',
        `${settings.name} did not sign you in: ${why}.`,
        'Begin anew, or ask an administrator.',
      )
}
