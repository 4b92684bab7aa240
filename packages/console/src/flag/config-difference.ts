/**
 * In what two configurations differ, and three: what was there when somebody began, what another person
 * stored since, and what the first one wants. Rules are told apart by their ids, not by their places.
 */
import { configParts } from '@flagmarshal/domain/flag/parts'

import { whoChanged } from '../form/three-way.ts'
import type { Clash } from '../form/three-way.ts'
import type { ConfigDraft, Rule } from './config-draft.ts'

export interface Difference {
  readonly place: string
  readonly label: string
  /** Undefined where there is none. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** In what `after` differs from `before`, in the order in which it is read. */
export function differencesOf(before: ConfigDraft, after: ConfigDraft): readonly Difference[] {
  const [from, to] = [configParts(before), configParts(after)]
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((place) => {
    const [a, b] = [from.get(place), to.get(place)]
    if (a?.content === b?.content) return []
    const label = (b ?? a)?.label ?? place
    const [was, is] = [a?.text, b?.text]
    // The words can be the same where salts or lists differ.
    const same = was !== undefined && was === is
    return [{ place, label, before: was, after: same ? `${is} (other users or values)` : is }]
  })
}

/** What each of two people changed since they both saw `base`. */
export function threeWay(base: ConfigDraft, theirs: ConfigDraft, mine: ConfigDraft): readonly Clash[] {
  const [b, t, m] = [configParts(base), configParts(theirs), configParts(mine)]
  return [...new Set([...b.keys(), ...t.keys(), ...m.keys()])].flatMap((place): Clash[] => {
    const [was, their, my] = [b.get(place), t.get(place), m.get(place)]
    const who = whoChanged(was?.content, their?.content, my?.content)
    if (who === undefined) return []
    const label = (my ?? their ?? was)?.label ?? place
    return [{ place, label, base: was?.text, theirs: their?.text, mine: my?.text, who }]
  })
}

/** Theirs with my changes on top; where both changed the same part, mine is taken. */
export function merged(base: ConfigDraft, theirs: ConfigDraft, mine: ConfigDraft): ConfigDraft {
  const pick = <K extends 'enabled' | 'offVariant' | 'fallthrough'>(key: K): ConfigDraft[K] =>
    alike(mine[key], base[key]) ? theirs[key] : mine[key]
  const [was = [], their = [], my = []] = [base, theirs, mine].map((it) => it.prerequisites)
  const prerequisites = alike(my, was) ? their : my
  return {
    enabled: pick('enabled'),
    offVariant: pick('offVariant'),
    ...(prerequisites.length === 0 ? {} : { prerequisites }),
    fallthrough: pick('fallthrough'),
    rules: mergedRules(base.rules, theirs.rules, mine.rules),
  }
}

function mergedRules(base: readonly Rule[], theirs: readonly Rule[], mine: readonly Rule[]): Rule[] {
  const [was, their, my] = [base, theirs, mine].map((rules) => new Map(rules.map((it) => [it.id, it])))
  const iReordered = orderOf(mine) !== orderOf(base)
  const [first, second] = iReordered ? [mine, theirs] : [theirs, mine]
  const ids = [...new Set([...first, ...second].map((it) => it.id))]
  return ids.flatMap((id) => {
    const iChanged = !alike(my?.get(id), was?.get(id))
    const rule = (iChanged ? my : their)?.get(id)
    return rule === undefined ? [] : [rule]
  })
}

function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function orderOf(rules: readonly Rule[]): string {
  return rules.map((it) => it.id).join(' ')
}
