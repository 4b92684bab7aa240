/**
 * What a draft is about, part by part, in three columns: what was approved, what is live now, what is
 * proposed; and who changed it, where what is live is not what the draft began from any more.
 */
import { configParts, memberParts, partOf } from '../flag/parts.ts'
import type { Part, Parts } from '../flag/parts.ts'
import type { DraftContent } from './content.ts'

/** The contents of a draft. */
export interface DraftSides {
  /** Null where no draft was approved before. */
  readonly approved: DraftContent | null
  readonly base: DraftContent
  readonly live: DraftContent
  readonly proposed: DraftContent
}

/** One part that differs; undefined where a side has none. */
export interface DraftDifference {
  readonly place: string
  readonly label: string
  readonly approved: string | undefined
  readonly live: string | undefined
  readonly proposed: string | undefined
  /** Publishing changes it. */
  readonly changes: boolean
  /** Somebody else has changed it since the draft was saved. */
  readonly moved: boolean
}

/** The parts that differ between any two sides, in the order in which they are read. */
export function draftDifferences(sides: DraftSides): readonly DraftDifference[] {
  const approved = sides.approved === null ? undefined : partsOf(sides.approved)
  const [base, live, proposed] = [partsOf(sides.base), partsOf(sides.live), partsOf(sides.proposed)]
  const places = new Set([...proposed.keys(), ...live.keys(), ...base.keys(), ...(approved?.keys() ?? [])])
  return [...places].flatMap((place): DraftDifference[] => {
    const [was, is, then] = [base.get(place), live.get(place), proposed.get(place)]
    const once = approved?.get(place)
    const changes = is?.content !== then?.content
    const moved = was?.content !== is?.content
    const known = approved === undefined || (once?.content === is?.content && once?.content === then?.content)
    if (!changes && !moved && known) return []
    const label = (then ?? is ?? was ?? once)?.label ?? place
    return [
      {
        place,
        label,
        approved: once?.text,
        live: is?.text,
        // The words can be the same where salts or lists differ.
        proposed:
          changes && is?.text === then?.text && then !== undefined ? `${then.text} (others)` : then?.text,
        changes,
        moved,
      },
    ]
  })
}

function partsOf(content: DraftContent): Parts {
  const segments = Object.entries(content.segments).map(([key, revision]): [string, Part] => [
    `segment:${key}`,
    partOf(`Segment ${key}`, revision, `revision ${revision}`),
  ])
  if (!('rules' in content)) return new Map([...memberParts(content), ...segments])
  const values = Object.entries(content.variants).map(([name, value]): [string, Part] => [
    `variant:${name}`,
    partOf(`Value of ${name}`, value, JSON.stringify(value)),
  ])
  return new Map([...configParts(content), ...values, ...segments])
}
