/** Where each flag of a project is in its life, and asking for the clean-up of those that should go. */
import type { CleanUp, FlagLifecycle } from '@flagmarshal/api/debt'
import { lifecycleOf } from '@flagmarshal/domain/flag/lifecycle'
import type { FlagUse } from '@flagmarshal/domain/flag/lifecycle'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectLastEvaluated } from '../storage/flag-use.ts'
import { selectFlagConfigs, selectFlags } from '../storage/flags.ts'
import type { FlagConfigRow, FlagRow } from '../storage/flags.ts'
import { emit } from '../storage/outbox.ts'
import { selectCodeReferences, selectCodeScans } from '../storage/references.ts'
import { listFlagDebt } from './flag-debt.ts'

/** All of them, by key. */
export async function listFlagLifecycle(
  context: Context,
  database: Database,
  project: string,
): Promise<readonly FlagLifecycle[] | Refusal> {
  const uses = await flagUses(context, database, project)
  if (isRefusal(uses)) return uses
  return uses.map(({ flag, owner, use }) => ({
    flag: flag.key,
    owner,
    ...lifecycleOf(use, context.now),
    lastEvaluatedAt: use.lastEvaluatedAt?.toISOString() ?? null,
    references: use.references ?? null,
  }))
}

/** A flag with what is known of its life. */
export interface UsedFlag {
  readonly flag: FlagRow
  /** Who answers for its debt, where it is one. */
  readonly owner: string
  readonly use: FlagUse
  /** The flags that it asks for, in whichever environment. */
  readonly asksFor: readonly string[]
}

/** What is known of the life of each flag, by key. */
export async function flagUses(
  context: Context,
  database: Database,
  project: string,
): Promise<readonly UsedFlag[] | Refusal> {
  const debts = await listFlagDebt(context, database, project)
  if (isRefusal(debts)) return debts
  const { kysely } = database
  const [flags, configs, references, scans, evaluated] = await Promise.all([
    selectFlags(kysely, project),
    selectFlagConfigs(kysely, project),
    selectCodeReferences(kysely, project),
    selectCodeScans(kysely, project),
    selectLastEvaluated(kysely, project),
  ])
  const configsOf = Map.groupBy(configs, (it) => it.flag)
  const referencesOf = Map.groupBy(references, (it) => it.flag)
  return flags.map((flag) => {
    const own = configsOf.get(flag.key) ?? []
    const debt = debts.find((it) => it.flag === flag.key)
    const lastEvaluatedAt = evaluated.get(flag.key)
    const places = (referencesOf.get(flag.key) ?? []).reduce((sum, it) => sum + it.refs.length, 0)
    const use: FlagUse = {
      permanent: flag.permanent_reason !== null,
      changedAt: new Date(
        Math.max(...[flag.created_at, ...own.map((it) => it.updated_at)].map((it) => it.getTime())),
      ),
      environments: own.map((it) => ({ enabled: it.enabled, decides: decides(it) })),
      ...(debt === undefined ? {} : { debt: debt.why }),
      ...(lastEvaluatedAt === undefined ? {} : { lastEvaluatedAt }),
      ...(references.length + scans.length === 0 ? {} : { references: places }),
    }
    const asksFor = [...new Set(own.flatMap((it) => it.prerequisites.map((one) => one.flag)))]
    return { flag, owner: debt?.owner ?? flag.owner, use, asksFor }
  })
}

/** Whether it tells people apart, as long as it is on. */
function decides({ rules, fallthrough }: FlagConfigRow): boolean {
  return rules.length > 0 || !('variant' in fallthrough)
}

/** Stages from which a flag goes. */
const GOING: ReadonlySet<string> = new Set(['stale', 'monitor', 'remove'])

/** Tells whoever listens that the code of a flag is to be removed; a ticket system makes an issue of it. */
export async function requestCleanUp(
  context: Context,
  database: Database,
  { project, flag }: { readonly project: string; readonly flag: string },
): Promise<CleanUp | Refusal> {
  const all = await listFlagLifecycle(context, database, project)
  if (isRefusal(all)) return all
  const standing = all.find((it) => it.flag === flag)
  if (standing === undefined) return notFound('flag', flag)
  const { stage, why, owner } = standing
  if (!GOING.has(stage)) {
    return refuse(
      'flag-in-use',
      `${flag} is not to go: ${why}.`,
      'Clean up flags that are stale or past their end.',
    )
  }
  const code = await selectCodeReferences(database.kysely, project, flag)
  const places = code.flatMap((it) => it.refs.map((ref) => `${it.repository} ${ref.file}:${ref.line}`))
  const text = textOf(standing, places)
  return await database.transaction(async (tx) => {
    await emit(tx, context, {
      type: SIGNAL_TYPES.cleanUpRequested,
      project,
      subject: `flags/${encodeURIComponent(flag)}`,
      data: { flag, stage, owner, why, text, places, by: context.actor.id },
      // Once a day: whoever asks again has forgotten, or has waited.
      dedupKey: `clean-up/${flag}/${context.now.toISOString().slice(0, 10)}`,
    })
    await record(tx, context, {
      chain: { project },
      action: 'flag.request-clean-up',
      subject: { kind: 'flag', id: flag },
      after: { stage, why },
    })
    return { flag, stage, text }
  })
}

function textOf(
  { flag, owner, why, lastEvaluatedAt, references }: FlagLifecycle,
  places: readonly string[],
): string {
  const evaluated = lastEvaluatedAt === null ? 'not in the last 30 days' : `last at ${lastEvaluatedAt}`
  const code =
    references === null
      ? 'No repository has reported where its code asks flags.'
      : places.length === 0
        ? 'No known code asks it.'
        : `Remove it from:\n${places.map((it) => `- ${it}`).join('\n')}\nA patch, for a boolean flag whose new branch stays: flagmarshal refs cleanup ${flag} --keep on`
  return `The flag ${flag} of ${owner} should go: ${why}. It was evaluated ${evaluated}. ${code}`
}
