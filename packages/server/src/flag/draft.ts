/** A configuration that nobody has stored: judged and completed as if it were to be. */
import type { FlagConfigChange } from '@flagmarshal/api/flag'
import type { ServedConfig } from '@flagmarshal/domain/flag/edit'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { newId } from '../id.ts'
import type { Queries } from '../storage/database.ts'
import { selectFlag, selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { editOf, otherFlags, segmentKeys } from './configure.ts'
import { noConfig } from './read.ts'
import { newSalt } from './salt.ts'
import { servedConfig } from './view.ts'

/** What would be stored. Refuses what `configureFlag` would refuse, but for a stale revision and the gate. */
export async function draftOf(
  queries: Queries,
  key: FlagConfigKey,
  change: FlagConfigChange,
): Promise<ServedConfig | Refusal> {
  const [flag, row] = await Promise.all([
    selectFlag(queries, key.project, key.flag),
    selectFlagConfig(queries, key),
  ])
  if (flag === undefined || row === undefined) return noConfig(key)
  return editOf(change, {
    flag: { key: key.flag, valueType: flag.value_type, variants: flag.variants },
    current: servedConfig(row),
    segments: await segmentKeys(queries, key),
    others: await otherFlags(queries, key, change),
    newRuleId: () => newId('rule'),
    newSalt,
  })
}
