/** The windows that a rollout has folded, as the database keeps them. */
import { Client } from 'pg'

/** How many there are, and the ends after which the next one is not the following window. */
export async function measuredWindows(
  databaseUrl: string,
  rollout: string,
  windowMs: number,
): Promise<{ readonly windows: number; readonly gaps: readonly string[] }> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const answer = await client.query<{ end: Date }>(
      'select window_end as end from measurements where rollout = $1 order by window_end',
      [rollout],
    )
    const ends = answer.rows.map((row) => row.end.getTime())
    const gaps = ends.filter((end, i) => i > 0 && end - (ends[i - 1] ?? 0) !== windowMs)
    return { windows: ends.length, gaps: gaps.map((end) => new Date(end).toISOString()) }
  } finally {
    await client.end()
  }
}
