/** Creating hooks and their next versions, and reading them. */
import type { ChangedHook, Hook, NewHook } from '@flagmarshal/api/hook'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { faultsOfHook } from '@flagmarshal/domain/rollback/hook'
import type { HookDefinition } from '@flagmarshal/domain/rollback/hook'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { keyTaken, notFound, stale } from '../refusals.ts'
import { hookOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { webhookKey } from '../signature.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Tx } from '../storage/database.ts'
import {
  insertHook,
  lockHook,
  selectHook,
  selectHooks,
  selectHookSecret,
  selectHooksWithSecret,
  storeHookSecret,
} from '../storage/hooks.ts'
import type { HookKey, HookRow } from '../storage/hooks.ts'
import { selectProject } from '../storage/projects.ts'

interface Parts {
  readonly database: Database
  readonly safe: Safe
}

/** Creates one, in version 1. */
export async function createHook(
  context: Context,
  { database, safe }: Parts,
  project: string,
  { key: hook, ...input }: NewHook,
): Promise<Hook | Refusal> {
  const key = { project, hook }
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    await lockHook(tx, key)
    if ((await selectHook(tx, key)) !== undefined) return keyTaken('hook', hook)
    return await storeVersion(tx, context, { key, input, version: 1, safe })
  })
}

/** Makes the next version. */
export async function changeHook(
  context: Context,
  { database, safe }: Parts,
  key: HookKey,
  { ifMatch, ...input }: ChangedHook & { readonly ifMatch: number },
): Promise<Hook | Refusal> {
  return await database.transaction(async (tx) => {
    await lockHook(tx, key)
    const present = await selectHook(tx, key)
    if (present === undefined) return notFound('hook', key.hook)
    const before = viewOf(present, (await selectHookSecret(tx, key)) !== undefined)
    if (present.version !== ifMatch) return stale('hook', before)
    return await storeVersion(tx, context, { key, input, version: present.version + 1, safe, before })
  })
}

/** The hooks of a project. */
export async function listHooks({ kysely }: Database, project: string): Promise<readonly Hook[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const secrets = await selectHooksWithSecret(kysely, project)
  return (await selectHooks(kysely, project)).map((it) => viewOf(it, secrets.has(it.key)))
}

/** One version of a hook, the newest unless named. */
export async function getHook({ kysely }: Database, key: HookKey, version?: number): Promise<Hook | Refusal> {
  const row = version === undefined || version < 1e9 ? await selectHook(kysely, key, version) : undefined
  if (row === undefined) return notFound('hook', key.hook)
  return viewOf(row, (await selectHookSecret(kysely, key)) !== undefined)
}

interface Version {
  readonly key: HookKey
  readonly input: ChangedHook
  readonly version: number
  readonly safe: Safe
  readonly before?: Hook
}

async function storeVersion(
  tx: Tx,
  context: Context,
  { key, input, version, safe, before }: Version,
): Promise<Hook | Refusal> {
  const { secret, ...definition } = input
  const fault = faultOf(definition, secret, before?.hasSecret === true)
  if (fault !== undefined) return fault
  const { project, hook } = key
  const json: Json = JSON.parse(JSON.stringify(definition))
  const row = {
    project,
    key: hook,
    version,
    hash: sha256(canonical(json)),
    created_by: context.actor.id,
    created_at: context.now,
  }
  if (!(await insertHook(tx, { ...row, definition: toJson(definition) }))) return keyTaken('hook', hook)
  if (secret !== undefined) await storeHookSecret(tx, key, safe.seal(secret, hookOwner(project, hook)))
  const view = viewOf({ ...row, definition }, secret !== undefined || before?.hasSecret === true)
  await record(tx, context, {
    chain: { project },
    action: version === 1 ? 'hook.create' : 'hook.change',
    subject: { kind: 'hook', id: hook },
    ...(before === undefined ? {} : { before }),
    after: view,
  })
  return view
}

function faultOf(
  definition: HookDefinition,
  secret: string | undefined,
  hasSecret: boolean,
): Refusal | undefined {
  const [fault] = faultsOfHook(definition)
  if (fault !== undefined) {
    return refuse('hook-unsound', `The hook cannot work: ${fault}.`, 'Put that right and send it again.')
  }
  const targets = [definition.production, ...('none' in definition.staging ? [] : [definition.staging])]
  const kinds = new Set(targets.map((it) => it.action.kind))
  if (secret === undefined && !hasSecret && (kinds.has('http') || kinds.has('github'))) {
    return refuse('hook-without-secret', 'The hook needs a secret.', 'Send it in `secret`.', '/secret')
  }
  const signs = secret === undefined || !kinds.has('http') || webhookKey(secret) !== undefined
  return signs
    ? undefined
    : refuse(
        'hook-secret-unusable',
        'The secret of a signed request is whsec_ and 24 to 64 bytes in base64.',
        'Make one with `openssl rand -base64 32`.',
        '/secret',
      )
}

/** A version as the API shows it. */
function viewOf(
  { key, version, hash, definition, created_by: createdBy, created_at: createdAt }: HookRow,
  hasSecret: boolean,
): Hook {
  // It was parsed with the schema of the API before it was stored.
  const { part, title, production, staging } = structuredClone(definition) as Pick<
    Hook,
    'part' | 'title' | 'production' | 'staging'
  >
  return {
    key,
    revision: version,
    hash,
    part,
    title,
    production,
    staging,
    hasSecret,
    createdBy,
    createdAt: createdAt.toISOString(),
  }
}
