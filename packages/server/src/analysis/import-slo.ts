/** OpenSLO documents, in YAML or JSON, as criteria. */
import type { ImportedSlo, ImportSlo } from '@flagmarshal/api/slo'
import { criteriaOfSlos } from '@flagmarshal/domain/analysis/openslo'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { parseAllDocuments } from 'yaml'

import { notFound } from '../refusals.ts'
import { selectConnections } from '../storage/connections.ts'
import type { Database } from '../storage/database.ts'

/** Converts them. The connections that are named must exist. */
export async function importSlo(
  { kysely }: Database,
  project: string,
  { text, connection, connections = {} }: ImportSlo,
): Promise<ImportedSlo | Refusal> {
  const known = (await selectConnections(kysely, project)).map(({ key }) => key)
  const foreign = [connection, ...Object.values(connections)].find(
    (it) => it !== undefined && !known.includes(it),
  )
  if (foreign !== undefined) return notFound('connection', foreign)
  const documents = parse(text)
  if (isRefusal(documents)) return documents
  const criteria = criteriaOfSlos(documents, {
    byDataSource: connections,
    ...(connection === undefined ? {} : { all: connection }),
  })
  return isRefusal(criteria) ? criteria : { criteria: [...criteria] }
}

/** JSON is YAML. An array of documents is as good as documents one after the other. */
function parse(text: string): readonly unknown[] | Refusal {
  try {
    const parsed = parseAllDocuments(text, { logLevel: 'silent' })
    const broken = parsed.find((it) => it.errors.length > 0)
    if (broken === undefined) return parsed.flatMap((it): unknown[] => [it.toJS()].flat())
    return unreadable(broken.errors[0]?.message.split('\n')[0] ?? 'unknown error')
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : 'unknown error')
  }
}

function unreadable(why: string): Refusal {
  return refuse(
    'invalid',
    `The text is neither YAML nor JSON: ${why}.`,
    'Check it with a YAML checker.',
    '/text',
  )
}
