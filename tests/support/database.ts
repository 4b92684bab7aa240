/**
 * A database for one test file: a clone of the migrated template, dropped at the end.
 */
import { randomBytes } from 'node:crypto'

import { inject } from 'vitest'

import { databaseUrl, execute } from './cluster.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/** Clones the template. */
export async function createDatabase(): Promise<TestDatabase> {
  const { url, template } = inject('cluster')
  const name = `fm_test_${randomBytes(6).toString('hex')}`
  await execute(url, `create database ${name} template ${template}`)
  return {
    url: databaseUrl(url, name),
    [Symbol.asyncDispose]: async () =>
      void (await execute(url, `drop database if exists ${name} with (force)`)),
  }
}
