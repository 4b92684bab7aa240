/**
 * Series → counts of both arms, by the labels `arm` and `audience`; or why they do not say.
 */
import type { ArmCounts, AudienceCounts } from '@flagmarshal/domain/analysis/model'

import type { Unknown } from './query.ts'

/** What a series contributes. */
export interface Counted {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Both sides of a criterion in one window. */
export interface Sides {
  readonly total: readonly Counted[]
  /** What is bad, or what is good. */
  readonly side: readonly Counted[]
  readonly good: boolean
  /** The side is a sum of values, which may be above the total. */
  readonly mean?: boolean
}

type Arm = 'exposed' | 'control'

/** x of n for each audience. A side that finds nothing at all is empty; an arm without a series in one that does find some has none. */
export function audiencesIn(
  { total, side, good, mean = false }: Sides,
  audiences: readonly string[],
): { readonly kind: 'ok'; readonly audiences: readonly AudienceCounts[] } | Unknown {
  if (total.length === 0) return { kind: 'empty', detail: 'the query of all finds nothing' }
  if (side.length === 0)
    return { kind: 'empty', detail: `the query of what is ${good ? 'good' : 'bad'} finds nothing` }
  const strange = [...total, ...side].find(({ value }) => !Number.isFinite(value))
  if (strange !== undefined) return { kind: 'nan', detail: `a series has the value ${strange.value}` }
  const fault = labelFault([...total, ...side], audiences)
  if (fault !== undefined) return fault
  const counts = audiences.map((audience) => {
    const of = (arm: Arm): ArmCounts => {
      const sum = (some: readonly Counted[]) =>
        some
          .filter(({ labels }) => labels['arm'] === arm && (labels['audience'] ?? audience) === audience)
          .reduce((all, { value }) => all + value, 0)
      const n = sum(total)
      const of = sum(side)
      return { n, x: mean ? of : roundedOff(good ? n - of : of, n) }
    }
    return { audience, exposed: of('exposed'), control: of('control') }
  })
  return impossible(counts, mean) ?? { kind: 'ok', audiences: counts }
}

function labelFault(all: readonly Counted[], audiences: readonly string[]): Unknown | undefined {
  const arms = all.filter(({ labels }) => labels['arm'] === 'exposed' || labels['arm'] === 'control')
  if (arms.length === 0) {
    const named = all.some(({ labels }) => labels['arm'] !== undefined)
    return named
      ? { kind: 'empty', detail: 'no series has the arm exposed or control' }
      : { kind: 'ambiguous', detail: `${all.length} series have no label arm` }
  }
  const unnamed = arms.some(({ labels }) => labels['audience'] === undefined)
  if (unnamed && audiences.length > 1) {
    return {
      kind: 'ambiguous',
      detail: `a series without the label audience may be of ${audiences.join(' or ')}`,
    }
  }
  return undefined
}

function impossible(counts: readonly AudienceCounts[], mean: boolean): Unknown | undefined {
  for (const { audience, exposed, control } of counts) {
    for (const { n, x } of [exposed, control]) {
      if (n < 0 || x < 0 || (x > n && !mean))
        return { kind: 'bad_query', detail: `${audience}: ${x} bad of ${n}` }
    }
  }
  return undefined
}

/** Extrapolated counts differ in the last digits where they are the same. */
function roundedOff(x: number, n: number): number {
  const tolerance = 1e-6 * n
  if (x > n && x - n <= tolerance) return n
  return x < 0 && -x <= tolerance ? 0 : x
}
