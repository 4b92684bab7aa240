/**
 * What a flag may ask of others: flags that are there, variants that they have, and no way back.
 */
import type { Flag, Prerequisite } from '@flagmarshal/evaluation'

import type { Fault } from './edit.ts'

/** The flags of an environment by key: the variants that they have, and the flags that they ask for. */
export type OtherFlags = ReadonlyMap<
  string,
  { readonly variants: readonly string[]; readonly asksFor: readonly string[] }
>

/** Everything that is wrong with the prerequisites of a flag; empty if they can be stored. */
export function prerequisiteFaults(
  flag: string,
  prerequisites: readonly Prerequisite[],
  others: OtherFlags,
): Fault[] {
  return prerequisites.flatMap(({ flag: asked, variants }, index) => {
    const pointer = `/prerequisites/${index}`
    const other = others.get(asked)
    if (other === undefined) return [{ pointer: `${pointer}/flag`, message: `There is no flag "${asked}".` }]
    const way = wayBack(flag, asked, others)
    if (way !== undefined)
      return [
        { pointer: `${pointer}/flag`, message: `The flags would ask for each other: ${way.join(' → ')}.` },
      ]
    return variants.flatMap((variant, at) =>
      other.variants.includes(variant)
        ? []
        : [
            {
              pointer: `${pointer}/variants/${at}`,
              message: `Flag "${asked}" has no variant "${variant}"; it has ${other.variants.join(', ')}.`,
            },
          ],
    )
  })
}

/** The flag as it decides by itself: what it asks of others is taken as met. */
export function withoutPrerequisites(flag: Flag): Flag {
  const { prerequisites: _, ...alone } = flag
  return alone
}

/** The way from a flag by one that it asks for back to itself; undefined if there is none. */
function wayBack(flag: string, asked: string, others: OtherFlags): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[flag, asked]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? ''
    if (last === flag) return way
    if (seen.has(last)) continue
    seen.add(last)
    for (const next of others.get(last)?.asksFor ?? []) ways.push([...way, next])
  }
  return undefined
}
