/**
 * What a draft proposes, what it began from, and what is live, in one shape, with everything that
 * decides what would be served: approving a rule approves the values and the segments behind it.
 */
import type { Condition, VariantValue } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import type { ServedConfig } from '../flag/edit.ts'

interface Behind {
  /** Revisions of the segments that conditions lead to, in this environment. */
  readonly segments: Readonly<Record<string, number>>
}

export interface FlagContent extends ServedConfig, Behind {
  /** Values of the flag's variants. */
  readonly variants: Readonly<Record<string, VariantValue>>
}

export interface MembersContent extends Behind {
  readonly when?: Condition
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export type DraftContent = FlagContent | MembersContent

/** The same content at a revision. */
export interface ContentAt {
  readonly revision: number
  readonly content: DraftContent
}

/** Whether two contents are the same. */
export function isSameContent(a: DraftContent, b: DraftContent): boolean {
  return canonical(a) === canonical(b)
}
