/**
 * The database that an earlier version left: migrations 1 to 19, with what its own server wrote. A
 * project whose feature has gone through the whole procedure up to its approval, a segment with members,
 * a kill that was settled, a channel with a sealed secret, people and keys; made with PostgreSQL 15's
 * pg_dump, without its comments.
 */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'

import { execute } from '../../../../../tests/support/cluster.ts'
import { createDatabase } from '../../../../../tests/support/database.ts'
import type { TestDatabase } from '../../../../../tests/support/database.ts'

/** What is in it. */
export const EARLIER = {
  migration: 19,
  project: 'shop',
  run: 'run_jygbaiestibmauepphqr5dsd',
  sdkKey: 'fm_server_WVCnFqLCpNmutsJKyLL2JrAkp6UKtnXcF7akgP8YYtI',
  developer: { id: 'developer-1', token: 'fm_user_hPhL1BHFPlkAOSGp5CXhWRIt0Q5AummiAEOd977uQS4' },
  /** With which the secret of its channel is sealed. */
  secretKey: Buffer.alloc(32, 7).toString('hex'),
  audit: { count: 79, hash: '50c685d5da38bc688ac833c6dccc8e20cb31ed6b6ef89d148a72107af77d70df' },
} as const

/** A database with nothing in it, not even the list of migrations. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createDatabase()
  await execute(database.url, 'drop schema public cascade; create schema public')
  return database
}

/** A database as the earlier version left it. */
export async function earlierDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase()
  const dump = await readFile(new URL(`migration-${EARLIER.migration}.sql.gz`, import.meta.url))
  await execute(database.url, gunzipSync(dump).toString())
  return database
}
