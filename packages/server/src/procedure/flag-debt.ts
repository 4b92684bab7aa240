/** The flags of a project that should be gone. */
import type { FlagDebt } from '@flagmarshal/api/debt'
import { debtOf } from '@flagmarshal/domain/flag/debt'
import type { FlagRecord } from '@flagmarshal/domain/flag/debt'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectFlagEnds } from '../storage/flag-debt.ts'
import type { FlagEnd } from '../storage/flag-debt.ts'
import { selectProject } from '../storage/projects.ts'

/** All of them, the oldest debt first. */
export async function listFlagDebt(
  { now }: Pick<Context, 'now'>,
  { kysely }: Database,
  project: string,
): Promise<readonly FlagDebt[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const ends = await selectFlagEnds(kysely, project)
  return ends.flatMap((it) => debtAt(it, now)).toSorted((a, b) => a.since.localeCompare(b.since))
}

function debtAt(end: FlagEnd, now: Date): readonly FlagDebt[] {
  const debt = debtOf(recordOf(end), now)
  if (debt === undefined) return []
  const { flag, feature, run, places, enabled_in } = end
  const since = debt.since.toISOString()
  return [{ ...debt, flag, since, feature, run, references: places, enabledIn: [...enabled_in] }]
}

const Abort = z.object({ at: z.coerce.date(), cause: z.string() })
const Life = z.object({
  owner: z.string(),
  endsOn: z.string().exactOptional(),
  retirement: z.string().exactOptional(),
})

function recordOf({ owner, life, abort }: FlagEnd): FlagRecord {
  return {
    owner,
    ...(life === null ? {} : { life: Life.parse(life) }),
    ...(abort === null ? {} : { aborted: Abort.parse(abort) }),
  }
}
