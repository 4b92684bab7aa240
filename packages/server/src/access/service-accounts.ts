/** Accounts of automations: a name of their own in every record, no password, as many tokens as they need. */
import type { NewServiceAccount, ServiceAccount } from '@flagmarshal/api/people'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { revoke } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import {
  insertServiceAccount,
  removeAccountRow,
  selectServiceAccounts,
  selectTokensOf,
} from '../storage/people.ts'
import type { AccountRow } from '../storage/people.ts'
import { selectProject } from '../storage/projects.ts'

/** Makes one. A key that was used before stays taken: its records are somebody else's. */
export async function createServiceAccount(
  context: Context,
  database: Database,
  project: string,
  { key, name, kind }: NewServiceAccount,
): Promise<ServiceAccount | Refusal> {
  const { actor, now } = context
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const row = { project, key, name, kind, created_at: now, created_by: actor.id, removed_at: null }
    if (!(await insertServiceAccount(tx, row))) return keyTaken('service account', key)
    await record(tx, context, {
      chain: { project },
      action: 'service-account.create',
      subject: { kind: 'service-account', id: key },
      after: { name, kind },
    })
    return view({ ...row, tokens: 0 })
  })
}

/** Those of a project, by key. */
export async function listServiceAccounts(
  { now }: Context,
  { kysely }: Database,
  project: string,
): Promise<ServiceAccount[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  return (await selectServiceAccounts(kysely, project, now)).map(view)
}

/** Removes one; its tokens stop working at once. */
export async function removeServiceAccount(
  context: Context,
  database: Database,
  project: string,
  key: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await removeAccountRow(tx, project, key, context.now)
    if (row === undefined) return notFound('service account', key)
    const tokens = await selectTokensOf(tx, project, key)
    for (const id of tokens) await revoke(tx, id, project, context.now)
    await record(tx, context, {
      chain: { project },
      action: 'service-account.remove',
      subject: { kind: 'service-account', id: key },
      before: { name: row.name, kind: row.kind, tokens },
    })
    return undefined
  })
}

function view(row: AccountRow & { readonly tokens: number }): ServiceAccount {
  const { key, name, kind, created_at, created_by, tokens } = row
  return { key, name, kind, createdAt: created_at.toISOString(), createdBy: created_by, tokens }
}
