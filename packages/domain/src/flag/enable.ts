/**
 * What a protected environment asks for before it serves something else: the open gate of the
 * feature that stands behind the flag. Turning a flag off never asks for anything.
 */
import type { FlagValue } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { ServedConfig } from './edit.ts'

/** Whether the plan of the feature behind a flag is approved. */
export type FlagGate =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly feature: string; readonly blockers: readonly string[] }
  /** No feature stands behind the flag. */
  | { readonly kind: 'no-feature' }

/** Whether an edit needs the open gate where the environment is protected: it serves something else, and does not merely turn the flag off. */
export function editNeedsGate(current: ServedConfig, next: ServedConfig): boolean {
  if (next.offVariant !== current.offVariant) return true
  if (!next.enabled) return false
  return canonical(current) !== canonical(next)
}

/** Whether new variant values need the open gate where the environment is protected: something that is served there changes. */
export function variantsNeedGate(
  current: Readonly<Record<string, FlagValue>>,
  next: Readonly<Record<string, FlagValue>>,
  config: ServedConfig,
): boolean {
  const changed = Object.keys(current).filter(
    (name) => !Object.hasOwn(next, name) || canonical(current[name]) !== canonical(next[name]),
  )
  return changed.length > 0 && (config.enabled || changed.includes(config.offVariant))
}

/** The refusal of a closed gate; `undefined` if it is open. */
export function gateRefusal(gate: FlagGate, flag: string, environment: string): Refusal | undefined {
  switch (gate.kind) {
    case 'open':
      return undefined
    case 'closed':
      return refuse(
        'gate-closed',
        `${environment} is protected, and the gate "plan-approved" of feature ${gate.feature} is closed${because(gate.blockers)}.`,
        `See what is missing with "flagmarshal gate check ${gate.feature}"; turning ${flag} off is always possible.`,
      )
    case 'no-feature':
      return refuse(
        'gate-closed',
        `${environment} is protected, and no feature stands behind the flag ${flag}.`,
        'Begin the procedure ("flagmarshal feature new --help" says with what); its approved plan opens the gate.',
      )
  }
}

function because(blockers: readonly string[]): string {
  return blockers.length === 0 ? '' : `: ${blockers.join('; ')}`
}
