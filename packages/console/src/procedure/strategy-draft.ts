/**
 * The strategy while it is being written: every part may still be half there. What is sent has only
 * whole parts; what a part still lacks is named beside it.
 */
import type { Strategy } from '@flagmarshal/domain/flag/strategy'

/** Any field of any part may be missing. */
export type StrategyDraft = {
  readonly [K in keyof Strategy]?: Strategy[K] extends readonly unknown[] | string
    ? Strategy[K]
    : Partial<Strategy[K]>
}

/** The texts and choices that each part needs before the server takes it, with their labels. */
const NEEDS = {
  review: {
    scope: 'scope',
    complexity: 'complexity',
    riskLevel: 'risk',
    userImpact: 'user impact',
  },
  targeting: { audience: 'audience' },
  implementation: { flagSystem: 'flag system', configuration: 'configuration', code: 'code' },
  life: { owner: 'owner' },
} as const

/** What the parts that were begun still lack, like `Review: user impact`. */
export function lacking(draft: StrategyDraft): readonly string[] {
  return Object.entries(NEEDS).flatMap(([part, fields]) => {
    const begun = new Map(Object.entries(draft[part as keyof typeof NEEDS] ?? {}))
    if (![...begun.values()].some(isGiven)) return []
    const missing = Object.entries(fields).filter(([field]) => !isGiven(begun.get(field)))
    return missing.length === 0 ? [] : [`${part}: ${missing.map(([, label]) => label).join(', ')}`]
  })
}

/** The draft as it is sent: without parts that were not begun and without empty texts. */
export function outputOf(draft: StrategyDraft): Record<string, unknown> {
  const parts = Object.entries(draft).flatMap(([part, value]): [string, unknown][] => {
    if (typeof value !== 'object' || Array.isArray(value)) return [[part, value]]
    const fields = Object.entries(value as object).filter(([, it]) => it !== '' && it !== undefined)
    return fields.some(([, it]) => isGiven(it)) ? [[part, Object.fromEntries(fields)]] : []
  })
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined))
}

/** Empty texts and empty lists are not yet anything. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
}

/** `10, 25, 50` → [10, 25, 50]; what is no number is left out. */
export function percentsOf(text: string): readonly number[] {
  return text
    .split(/[,;\s]+/)
    .filter((it) => it !== '')
    .map(Number)
    .filter((it) => Number.isFinite(it))
}
