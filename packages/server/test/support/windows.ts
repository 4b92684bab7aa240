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

/** Counts of windows to come, in both arms, as telemetry would have left them: the same on any machine. */
export interface Counted {
  readonly windowMs: number
  /** How many windows from now on. */
  readonly windows: number
  /** Of 100 requests in each window, of those that are exposed. */
  readonly bad?: number
}

/** Puts them where measuring finds them. */
export async function insertWindows(
  databaseUrl: string,
  rollout: string,
  { windowMs, windows, bad = 0 }: Counted,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(
      `insert into measurement_windows (rollout, attempt, window_end, audience, arm, n, bad, slow, treated)
       select $1, 1, to_timestamp(ceil(extract(epoch from now()) * 1000 / $2) * $2 / 1000 + k * $2 / 1000),
         'everybody', arm, 100, case arm when 'exposed' then $3::int else 0 end, 0, 0
       from generate_series(0, $4::int) as k, unnest(array['exposed', 'control']) as arm`,
      [rollout, windowMs, bad, windows],
    )
  } finally {
    await client.end()
  }
}
