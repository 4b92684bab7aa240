/**
 * Where the procedures are found that definitions name: addresses of the organisation.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant, Line, Revision } from './shapes.ts'

const Address = z.url({ protocol: /^https?$/, error: 'Use an http or https address.' }).max(2_000)

export const RelatedProcedures = z
  .strictObject({
    items: z.array(z.strictObject({ name: z.string(), address: z.string().nullable() })),
    revision: Revision,
    changedBy: z.string().nullable(),
    changedAt: Instant.nullable(),
  })
  .meta({ id: 'RelatedProcedures' })
export type RelatedProcedures = z.infer<typeof RelatedProcedures>

export const relatedProcedureOperations = {
  showRelatedProcedures: operation({
    method: 'GET',
    path: '/api/v1/related-procedures',
    summary: 'The procedures that definitions name, and where each is found.',
    can: 'project:read',
    success: { status: 200, body: RelatedProcedures },
  }),
  writeRelatedProcedures: operation({
    method: 'PUT',
    path: '/api/v1/related-procedures',
    summary: 'Replace the addresses of related procedures, whole.',
    can: 'access:write',
    body: z.strictObject({ addresses: z.record(Line, Address) }).meta({ id: 'RelatedProcedureAddresses' }),
    ifMatch: true,
    success: { status: 200, body: RelatedProcedures },
  }),
}
