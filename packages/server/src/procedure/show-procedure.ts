/** Reading the definition of a procedure (P-M1). */
import type { ProcedureDefinition } from '@flagmarshal/api/procedure-run'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Queries } from '../storage/database.ts'
import { definitionOf } from './load.ts'
import { relatedOf } from './related.ts'

/** The newest version of a definition, as data, with the addresses of what it names. */
export async function showProcedure(queries: Queries, id: string): Promise<ProcedureDefinition | Refusal> {
  const definition = definitionOf(id)
  if (definition === undefined) return notFound('procedure', id)
  return { ...definition, related: [...(await relatedOf(queries, definition.related))] }
}
