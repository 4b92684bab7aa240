/**
 * Giving a flag up, and taking it back. An archived flag is off everywhere, is still delivered, so that
 * an application that asks for it gets the off variant, and cannot be changed; its key stays taken. It
 * comes back as it was, off.
 */
import type { Flag } from '@flagmarshal/api/flag'
import { commandWord } from '@flagmarshal/domain/flag/key'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { lockFlag, selectAskingFor, selectFlagConfigs, updateFlag } from '../storage/flags.ts'
import type { FlagRow } from '../storage/flags.ts'
import { flagView } from './view.ts'

/** Which flag, and why. */
export interface Archiving {
  readonly project: string
  readonly flag: string
  readonly reason: string
}

/** Archives it. Refuses while it is on somewhere, or others ask for it. */
export async function archiveFlag(
  context: Context,
  database: Database,
  it: Archiving,
): Promise<Flag | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await lockFlag(tx, it.project, it.flag)
    if (row === undefined) return notFound('flag', it.flag)
    const no = whyArchived(row)
    if (no !== undefined) return no
    const configs = await selectFlagConfigs(tx, it.project, it.flag)
    const on = configs.filter(({ enabled }) => enabled).map(({ environment }) => environment)
    if (on.length > 0) {
      return refuse(
        'flag-on',
        `${it.flag} is on in ${on.join(', ')}.`,
        'Turn it off there first, and see that nobody misses it.',
      )
    }
    const asking = await selectAskingFor(tx, it.project, it.flag)
    if (asking.length > 0) {
      return refuse(
        'flag-needed',
        `Other flags ask for ${it.flag} first.`,
        'Take it out of their prerequisites.',
      )
    }
    const after = { archived_at: context.now, archived_by: context.actor.id }
    const stored = await updateFlag(tx, it.project, it.flag, after)
    await record(tx, context, {
      chain: { project: it.project },
      action: 'flag.archive',
      subject: { kind: 'flag', id: it.flag },
      reason: it.reason,
    })
    return flagView(stored, configs)
  })
}

/** Takes it back: off everywhere. */
export async function restoreFlag(
  context: Context,
  database: Database,
  it: Archiving,
): Promise<Flag | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await lockFlag(tx, it.project, it.flag)
    if (row === undefined) return notFound('flag', it.flag)
    if (!isRefusal(whyArchived(row))) {
      return refuse('not-archived', `${it.flag} is not archived.`, 'There is nothing to restore.')
    }
    const stored = await updateFlag(tx, it.project, it.flag, { archived_at: null, archived_by: null })
    await record(tx, context, {
      chain: { project: it.project },
      action: 'flag.restore',
      subject: { kind: 'flag', id: it.flag },
      reason: it.reason,
    })
    return flagView(stored, await selectFlagConfigs(tx, it.project, it.flag))
  })
}

/** Why an archived flag is not changed; undefined for any other. */
export function whyArchived({
  key,
  archived_at: at,
}: Pick<FlagRow, 'key' | 'archived_at'>): Refusal | undefined {
  return at === null
    ? undefined
    : refuse(
        'flag-archived',
        `${key} is archived since ${at.toISOString()}.`,
        `Take it back first: flagmarshal flag restore ${commandWord(key)} --reason x`,
      )
}
