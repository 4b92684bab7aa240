/**
 * What LaunchDarkly's flags ask of each other. There flags may lead in a circle until somebody comes to
 * ask; ours may not. A circle that every evaluation runs into is kept as an error; any other is left out.
 */
import type { Condition, Prerequisite } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import type { Notes } from './clause.ts'
import type { LaunchDarklyFlag } from './model.ts'

/** What a flag asks of others. */
export interface Asked {
  readonly prerequisites: readonly Prerequisite[]
  /** What stands before its targets: whoever gets here is served the off variant. */
  readonly before: readonly { readonly name: string; readonly when: Condition }[]
}

/** The flags of a file by key. */
export type Flags = ReadonlyMap<string, LaunchDarklyFlag>

const EVERYBODY: Condition = { all: [] }

/** What a flag asks of the flags of its file; `variantsOf` names the variations of another one. Throws NotHere where it cannot be said. */
export function askedOf(
  flag: LaunchDarklyFlag,
  flags: Flags,
  variantsOf: (flag: LaunchDarklyFlag) => readonly string[],
  notes: Notes,
): Asked {
  const circle = circleOf(flag, flags, notes)
  if (circle !== undefined) return circle
  const prerequisites: Prerequisite[] = []
  for (const { key, variation } of flag.prerequisites) {
    const other = flags.get(key)
    if (other === undefined) {
      notes.medium(
        `It asks for the flag ${key}, which is not in the file: nobody gets past that, as in LaunchDarkly.`,
      )
      return { prerequisites, before: [{ name: `Prerequisite ${key} is not there`, when: EVERYBODY }] }
    }
    const wanted = typeof variation === 'number' ? variantsOf(other)[variation] : undefined
    prerequisites.push({ flag: key, variants: wanted === undefined ? [] : [wanted], enabled: true })
  }
  return { prerequisites, before: [] }
}

/** Undefined where the flag leads to no circle. Of a flag that is off nobody asks anything. */
function circleOf(flag: LaunchDarklyFlag, flags: Flags, notes: Notes): Asked | undefined {
  if (!flag.on) {
    if (!reached(flag.key, flags, () => true).has(flag.key)) return undefined
    notes.high(
      'Its prerequisites are left out, because they lead in a circle. While it is off they do not matter.',
    )
    return { prerequisites: [], before: [] }
  }
  const isOn = (key: string): boolean => flags.get(key)?.on === true
  const within = [flag.key, ...reached(flag.key, flags, isOn)]
  if (!within.some((key) => isOn(key) && reached(key, flags, isOn).has(key))) return undefined
  const why = `the prerequisites of ${JSON.stringify(flag.key)} lead in a circle`
  if (!alwaysInCircle(flag, flags)) throw new NotHere(`${why}, which not every evaluation runs into`)
  notes.medium(
    'Its prerequisites lead in a circle: it serves the caller’s default with an error, as in LaunchDarkly.',
  )
  return { prerequisites: [], before: [{ name: 'Prerequisites in a circle', when: { malformed: why } }] }
}

/** The flags that a flag leads to, by way of those that are gone through. */
function reached(from: string, flags: Flags, through: (key: string) => boolean): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!through(at)) continue
    for (const { key } of flags.get(at)?.prerequisites ?? []) {
      if (found.has(key)) continue
      found.add(key)
      open.push(key)
    }
  }
  return found
}

/** Whether each flag on the way is on and asks for one other only, so that nothing can end the way before. */
function alwaysInCircle(flag: LaunchDarklyFlag, flags: Flags): boolean {
  const seen = new Set<string>()
  for (let at: LaunchDarklyFlag | undefined = flag; at !== undefined;) {
    if (seen.has(at.key)) return true
    seen.add(at.key)
    const [next, ...others]: LaunchDarklyFlag['prerequisites'] = at.prerequisites
    if (!at.on || others.length > 0 || next === undefined) return false
    at = flags.get(next.key)
  }
  return false
}
