/** What an environment served of a flag before, as the audit chain has it. */
import type { UseQueryResult } from '@tanstack/react-query'

import { useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import type { Config } from './config-draft.ts'
import type { FlagPart } from './flag.tsx'

/** Entries that are read. */
export const MOST_ENTRIES = 300

type AuditEntry = Answer<'listAudit'>['items'][number]

/** A configuration that was stored, and who did it. */
export interface HistoryEntry extends Pick<AuditEntry, 'seq' | 'at' | 'actor' | 'action' | 'reason'> {
  readonly config: Config
}

export interface FlagHistory {
  readonly read: UseQueryResult<Answer<'listAudit'>>
  /** Newest first. */
  readonly entries: readonly HistoryEntry[]
}

/** The changes of one environment's configuration. */
export function useHistory({ project, flag, config }: FlagPart): FlagHistory {
  const query = { kind: 'flag', subject: flag.key, order: 'newest' as const, limit: String(MOST_ENTRIES) }
  const read = useRead('listAudit', { params: { project }, query })
  const entries = (read.data?.items ?? []).flatMap((entry): HistoryEntry[] => {
    const { seq, at, actor, action, reason, after } = entry
    return isConfig(after) && after.environment === config.environment
      ? [{ seq, at, actor, action, reason, config: after }]
      : []
  })
  return { read, entries }
}

/** The chain keeps whatever was recorded; configurations are known by their parts. */
function isConfig(it: unknown): it is Config {
  return (
    typeof it === 'object' &&
    it !== null &&
    'environment' in it &&
    'rules' in it &&
    Array.isArray(it.rules) &&
    'fallthrough' in it
  )
}
