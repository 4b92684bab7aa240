/** Traffic of the latest minutes in which nobody was exposed, as SDKs would have reported it. */
import type { Database } from '@flagmarshal/server/storage/database'
import { addSlices } from '@flagmarshal/server/storage/traffic-slices'

import { randomOf } from '../../../../tests/support/random.ts'

const SLICES = 20
const MINUTE_MS = 60_000

/** Keeps Poisson traffic of the flag `new-checkout` in production, up to the present minute. */
export async function keepTraffic(
  database: Database,
  project: string,
  { minutes, perMinute, badShare }: { minutes: number; perMinute: number; badShare: number },
): Promise<void> {
  const random = randomOf(7)
  const last = Math.floor(Date.now() / MINUTE_MS)
  await database.transaction(async (tx) => {
    for (let minute = 0; minute < minutes; minute++) {
      const bad = Array.from({ length: SLICES }, () => random.poisson((perMinute * badShare) / SLICES))
      const n = bad.map((it) => it + random.poisson((perMinute * (1 - badShare)) / SLICES))
      const count = { flag: 'new-checkout', variant: 'off', n, bad, slow: n.map(() => 0) }
      const end = new Date((last - minute) * MINUTE_MS)
      await addSlices(tx, { project, environment: 'production' }, end, [count])
    }
  })
}
