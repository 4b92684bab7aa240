/**
 * What a protected environment asks for before it exposes anybody: the open gate of the feature that
 * stands behind the flag; where no procedure runs for one, a draft that others have approved. Turning
 * a flag off, and lowering exposure, never asks for anything.
 */
import type { VariantValue } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { ServedConfig } from './edit.ts'
import { commandWord } from './key.ts'
import { variantsOf } from './reach.ts'

/** Whether the plan of the feature behind a flag is approved. */
export type FlagGate =
  /** By the approved plan, which the rollout carries out; or by somebody who broke its glass for a time. */
  | { readonly kind: 'open'; readonly by: 'plan' | 'broken-glass' }
  | {
      readonly kind: 'closed'
      readonly feature: string
      readonly blockers: readonly string[]
      /** A run of the procedure is under way, or its rollout is: only they change the flag. */
      readonly running: boolean
    }
  /** No feature stands behind the flag. */
  | { readonly kind: 'no-feature' }

/** Whether a draft is the way to change the flag: no procedure runs for it. */
export function isOutsideProcedure(gate: FlagGate): boolean {
  return gate.kind === 'no-feature' || (gate.kind === 'closed' && !gate.running)
}

/** Whether new variant values need the open gate where the environment is protected: something that is served there changes. */
export function variantsNeedGate(
  current: Readonly<Record<string, VariantValue>>,
  next: Readonly<Record<string, VariantValue>>,
  config: ServedConfig,
): boolean {
  const changed = Object.keys(current).filter(
    (name) => !Object.hasOwn(next, name) || canonical(current[name]) !== canonical(next[name]),
  )
  return changed.length > 0 && (config.enabled || changed.includes(config.offVariant))
}

/** Where a change is wanted that the gate keeps out. */
export interface GatedChange {
  readonly flag: string
  readonly environment: string
  /** Whether the environment takes drafts. */
  readonly drafts: boolean
  /**
   * What is changed: the flag's configuration; only that it is on again, with what was approved; the
   * values of its variants; a segment by its key, or only who is listed in it.
   */
  readonly what: 'config' | 'on-again' | 'values' | { readonly segment: string; readonly lists: boolean }
}

/**
 * Whether an edit only turns on again what the approved plan covers: the rollout's own rule is there
 * and goes on deciding who gets what, or nobody gets anything but the off variant.
 */
export function isOnAgain(current: ServedConfig, next: ServedConfig): boolean {
  if (canonical({ ...current, enabled: next.enabled }) !== canonical(next)) return false
  const serves = [...next.rules.map((it) => it.serve), next.fallthrough]
  return (
    next.rules.some((it) => it.rollout !== undefined) ||
    serves.every((it) => variantsOf(it).every((variant) => variant === next.offVariant))
  )
}

/** Why the gate keeps a change out; `undefined` where it does not. */
export function gateRefusal(gate: FlagGate, change: GatedChange): Refusal | undefined {
  const { flag, environment } = change
  if (gate.kind === 'open') return gate.by === 'plan' ? besidePlan(change) : undefined
  if (gate.kind === 'closed' && gate.running)
    return refuse(
      'gate-closed',
      `${environment} is protected, and the gate "plan-approved" of feature ${gate.feature} is closed${because(gate.blockers)}.`,
      `See what is missing with "flagmarshal gate check ${gate.feature}"; turning ${flag} off is always possible.`,
    )
  const behind =
    gate.kind === 'closed'
      ? `no procedure of feature ${gate.feature} runs${because(gate.blockers)}`
      : `no feature stands behind the flag ${flag}`
  const begin =
    'begin the procedure ("flagmarshal feature new --help" says with what), whose approved plan opens the gate'
  return refuse(
    'gate-closed',
    `${environment} is protected, and ${behind}.`,
    change.drafts
      ? `${draftRemedy(change)}; or ${begin}. Turning ${flag} off is always possible.`
      : `The policy takes no drafts for ${environment}: ${begin}.`,
  )
}

/**
 * An approved plan says who is exposed when: its rollout does it, not a hand beside it. Who is on the
 * lists of a segment is nobody's plan.
 */
function besidePlan({ flag, environment, what }: GatedChange): Refusal | undefined {
  if (what === 'on-again' || (typeof what === 'object' && what.lists)) return undefined
  return refuse(
    'in-procedure',
    `The gate of ${flag} is open for its approved plan: its rollout alone raises exposure in ${environment}.`,
    `Start the rollout or let it advance ("flagmarshal rollout --help"); what the plan does not say needs one that does, approved anew. In an emergency an approver breaks the glass ("flagmarshal gate break --help"). Turning ${flag} off is always possible.`,
  )
}

function draftRemedy({ flag, environment, what }: GatedChange): string {
  if (what === 'values')
    return `A value that is served stays as it is: add a variant with the new one, and save a draft that serves it ("flagmarshal draft save ${commandWord(flag)} -e ${environment} --help")`
  const save =
    typeof what === 'object'
      ? `flagmarshal draft save ${commandWord(what.segment)} --segment -e ${environment}`
      : `flagmarshal draft save ${commandWord(flag)} -e ${environment}`
  return `Save it as a draft that somebody else approves ("${save} --help" says how)`
}

function because(blockers: readonly string[]): string {
  return blockers.length === 0 ? '' : `: ${blockers.join('; ')}`
}
