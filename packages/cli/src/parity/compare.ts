/** Both engines beside each other: each flag, for contexts that are made from what it asks. */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { EvaluationContext } from '@flagmarshal/evaluation'

import type { Adapter, Answer, Named, Pair, Served } from './adapter.ts'
import { askedBy } from './asked.ts'
import { contextsFor } from './contexts.ts'

/** A context that is answered in two ways. */
export interface Difference {
  readonly context: EvaluationContext
  readonly theirs: Answer
  readonly ours: Answer
}

/** How one flag came out. */
export interface FlagParity {
  readonly flag: string
  readonly contexts: number
  readonly equal: number
  readonly different: number
  /** The first difference; absent without any. */
  readonly first?: Difference
  /** Why it was not compared, as a clause; absent where it was. */
  readonly notCompared?: string
}

/** What is compared, and how far it has come. */
export interface Comparing {
  readonly adapter: Pick<Adapter, 'keyed' | 'splitsByLot'>
  readonly served: Served
  readonly flags: readonly Named[]
  /** Contexts for each flag. */
  readonly count: number
  readonly at: (count: number, of: number) => void
}

/** Every flag, one after the other. */
export async function compare(pair: Pair, comparing: Comparing): Promise<readonly FlagParity[]> {
  const { flags, at } = comparing
  const done: FlagParity[] = []
  for (const it of flags) {
    done.push(await compareFlag(pair, it, comparing))
    at(done.length, flags.length)
  }
  return done
}

async function compareFlag(
  pair: Pair,
  named: Named,
  { adapter, served, count }: Comparing,
): Promise<FlagParity> {
  const { flag, name } = named
  const notCompared = pair.incomparable?.(name)
  if (notCompared !== undefined) return { flag: flag.key, contexts: 0, equal: 0, different: 0, notCompared }
  const contexts = contextsFor(askedBy(flag, served), count, adapter)
  let different = 0
  let first: Difference | undefined
  for (const context of contexts) {
    const theirs = await pair.theirs(named, context)
    const ours = pair.ours(named, context)
    if (canonical(theirs) === canonical(ours)) continue
    different++
    first ??= { context, theirs, ours }
  }
  const equal = contexts.length - different
  return {
    flag: flag.key,
    contexts: contexts.length,
    equal,
    different,
    ...(first === undefined ? {} : { first }),
  }
}
