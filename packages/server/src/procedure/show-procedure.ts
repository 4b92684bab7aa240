/** Reading the definition of a procedure. */
import type { ProcedureDefinition } from '@flagmarshal/api/procedure-run'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import { definitionOf } from './load.ts'

/** The newest version of a definition, as data. */
export function showProcedure(id: string): ProcedureDefinition | Refusal {
  const definition = definitionOf(id)
  return definition === undefined ? notFound('procedure', id) : { ...definition }
}
