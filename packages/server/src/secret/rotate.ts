/**
 * Sealing every secret anew under the current key (R17). Afterwards the older keys may go.
 */
import type { Rotated } from '@flagmarshal/api/secret'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { lockSecrets, updateSecret } from '../storage/secrets.ts'
import { ownerOf } from './owner.ts'
import type { Safe } from './seal.ts'

/**
 * Seals them in one transaction, so a server that ends in the middle has done nothing and the command is
 * given again; those that no key opens are named and stay as they are.
 */
export async function rotateSecrets(context: Context, database: Database, safe: Safe): Promise<Rotated> {
  return await database.transaction(async (tx) => {
    const rows = await lockSecrets(tx)
    const lost = rows.filter((row) => safe.open(row.secret, ownerOf(row)) === undefined)
    let sealed = 0
    for (const row of rows) {
      const anew = safe.reseal(row.secret, ownerOf(row))
      if (anew === undefined) continue
      await updateSecret(tx, row, anew)
      sealed++
    }
    const [key] = safe.keyIds
    const result = { key, sealed, unchanged: rows.length - sealed - lost.length, lost: lost.map(ownerOf) }
    await record(tx, context, {
      chain: 'installation',
      action: 'secret.rotate',
      subject: { kind: 'installation', id: 'secrets' },
      after: result,
    })
    return result
  })
}
