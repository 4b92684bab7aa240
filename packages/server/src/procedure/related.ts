/** Where the procedures are found that definitions name (P-M1): set once for the organisation. */
import type { RelatedProcedures } from '@flagmarshal/api/related-procedure'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { stale } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectRelated, storeRelated } from '../storage/related-procedures.ts'
import { relatedNames } from './load.ts'

/** Every procedure that a definition names or that has an address, by name. */
export async function showRelated(queries: Queries): Promise<RelatedProcedures> {
  const row = await selectRelated(queries)
  const addresses = row?.addresses ?? {}
  const names = new Set([...relatedNames(), ...Object.keys(addresses)])
  return {
    revision: row?.revision ?? 1,
    items: [...names].toSorted().map((name) => ({ name, address: addressIn(addresses, name) })),
    changedBy: row?.changed_by ?? null,
    changedAt: row?.changed_at.toISOString() ?? null,
  }
}

/** Replaces the addresses. */
export async function writeRelated(
  context: Context,
  database: Database,
  wanted: { readonly addresses: Readonly<Record<string, string>>; readonly ifMatch: number },
): Promise<RelatedProcedures | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await showRelated(tx)
    const row = {
      addresses: wanted.addresses,
      changed_at: context.now,
      changed_by: context.actor.id,
    }
    if (before.revision !== wanted.ifMatch || !(await storeRelated(tx, row, wanted.ifMatch)))
      return stale('related procedures', await showRelated(tx))
    const after = await showRelated(tx)
    await record(tx, context, {
      chain: 'installation',
      action: 'procedure.relate',
      subject: { kind: 'procedure', id: 'related' },
      before,
      after,
    })
    return after
  })
}

/** The names that a definition relates to, each with its address where one is set. */
export async function relatedOf(
  queries: Queries,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly address: string | null }[]> {
  const addresses = (await selectRelated(queries))?.addresses ?? {}
  return names.map((name) => ({ name, address: addressIn(addresses, name) }))
}

function addressIn(addresses: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(addresses, name) ? (addresses[name] ?? null) : null
}
