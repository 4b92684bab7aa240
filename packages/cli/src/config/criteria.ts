/** Criteria that several plans share: a plan that names them gets them, in the place of the name. */
import type { ConfigDocument } from '@flagmarshal/api/config-document'

import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import type { Placed } from './files.ts'

type Criteria = ConfigDocument<'Criteria'>

/** The documents with every `{from: <name>}` replaced. */
export function withCriteria(placed: readonly Placed[]): readonly Placed[] {
  const known = new Map(
    placed.flatMap(({ document }) =>
      document.kind === 'Criteria' ? [[document.metadata.name, document] as const] : [],
    ),
  )
  return placed.map((it) => {
    const { document, place } = it
    if (document.kind !== 'RolloutPlan') return it
    const criteria = document.spec.criteria.flatMap((one) =>
      'from' in one ? found(known.get(one.from), one.from, place).spec.criteria : [one],
    )
    return { place, document: { ...document, spec: { ...document.spec, criteria } } }
  })
}

function found(criteria: Criteria | undefined, name: string, place: string): Criteria {
  if (criteria !== undefined) return criteria
  throw new Failure(`${place}: there is no Criteria document ${name}.`, {
    exitCode: EXIT.invalid,
    remedy: 'Write one, or correct the name.',
  })
}
