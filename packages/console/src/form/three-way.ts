/**
 * What two people changed since they both saw the same: for tables that show it, and for putting the
 * changes of one on what the other has saved.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'

/** A part that somebody changed: `clash` where both did, and not alike. */
export interface Clash {
  readonly place: string
  readonly label: string
  /** Undefined where there was none. */
  readonly base: string | undefined
  readonly theirs: string | undefined
  readonly mine: string | undefined
  readonly who: 'theirs' | 'mine' | 'both' | 'clash'
}

/** Who changed a part, of which these are the contents; undefined for nobody. */
export function whoChanged(base?: string, theirs?: string, mine?: string): Clash['who'] | undefined {
  if (theirs === base) return mine === base ? undefined : 'mine'
  if (mine === base) return 'theirs'
  return mine === theirs ? 'both' : 'clash'
}

type Tree = Readonly<Record<string, unknown>>

/** Three versions of one value. */
interface Versions {
  readonly base: unknown
  readonly theirs: unknown
  readonly mine: unknown
}

/** Every field that somebody changed, down to what is no object; `labels` names the outermost. */
export function clashesOf(versions: Versions, labels: Readonly<Record<string, string>> = {}): Clash[] {
  return leavesOf(versions, []).flatMap(({ path, base, theirs, mine }): Clash[] => {
    const who = whoChanged(textOf(base), textOf(theirs), textOf(mine))
    if (who === undefined) return []
    const [first = '', ...rest] = path
    const label = [labels[first] ?? wordsOf(first), ...rest.map(wordsOf)].join(' · ')
    return [
      {
        place: path.join('/'),
        label,
        base: textOf(base),
        theirs: textOf(theirs),
        mine: textOf(mine),
        who,
      },
    ]
  })
}

/** Theirs with my changes on top; where both changed the same field, mine is taken. */
export function merged(versions: Versions): unknown {
  const { base, theirs, mine } = versions
  if (textOf(mine) === textOf(base)) return theirs
  const names = namesWithin(versions)
  if (names === undefined) return mine
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = merged(within(versions, name))
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

interface Leaf extends Versions {
  readonly path: readonly string[]
}

function leavesOf(versions: Versions, path: readonly string[]): readonly Leaf[] {
  const names = namesWithin(versions)
  if (names === undefined) return [{ ...versions, path }]
  return names.flatMap((name) => leavesOf(within(versions, name), [...path, name]))
}

/** The fields of versions that are objects of one kind; undefined for what is looked at whole. */
function namesWithin({ base, theirs, mine }: Versions): readonly string[] | undefined {
  const there = [base, theirs, mine].filter((it) => it !== undefined)
  if (!there.every(isTree)) return undefined
  const kinds = new Set(there.map((it) => it['kind']))
  return kinds.size > 1 ? undefined : [...new Set(there.flatMap((it) => Object.keys(it)))]
}

function within({ base, theirs, mine }: Versions, name: string): Versions {
  const of = (it: unknown): unknown => (isTree(it) ? it[name] : undefined)
  return { base: of(base), theirs: of(theirs), mine: of(mine) }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return value.join(', ')
  return typeof value === 'string' ? value : canonical(value)
}

/** `blockedAfterDays` → `Blocked after days`. */
export function wordsOf(name: string): string {
  const words = name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}
