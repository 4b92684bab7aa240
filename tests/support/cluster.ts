/**
 * One PostgreSQL for the whole run, and in it one template that has been migrated once. Test files
 * clone the template (`database.ts`). `FLAGMARSHAL_TEST_DATABASE_URL` names another PostgreSQL to
 * run against; its user must be allowed to create databases.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { startEmbedded } from '@flagmarshal/server/storage/embedded'
import { migrate } from '@flagmarshal/server/storage/migrate'
import { Client } from 'pg'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The template, and an address of the cluster where databases can be created. */
    cluster: { readonly url: string; readonly template: string }
  }
}

/** Vitest's global set-up: starts the cluster and returns what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: 'warn', base: null })
  const { url, stop } = await clusterOf(log)
  const template = `fm_template_${randomBytes(6).toString('hex')}`
  await execute(url, `create database ${template}`)
  await migrate(databaseUrl(url, template), log)
  project.provide('cluster', { url, template })
  return async () => {
    await execute(url, `drop database if exists ${template}`)
    await stop()
  }
}

/** The address of another database of the same cluster. */
export function databaseUrl(url: string, name: string): string {
  return url.replace(/^(\w+:\/\/[^/]*\/)[^?]*/, `$1${name}`)
}

/** Runs one statement on a connection of its own; answers its rows. */
export async function execute(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement, [...values])).rows
  } finally {
    await client.end()
  }
}

async function clusterOf(log: pino.Logger): Promise<{ url: string; stop: () => Promise<void> }> {
  const named = process.env['FLAGMARSHAL_TEST_DATABASE_URL']
  if (named !== undefined && named !== '') return { url: named, stop: () => Promise.resolve() }
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-test-'))
  // As root, PostgreSQL runs as another user that must be able to enter.
  await chmod(dataDir, 0o755)
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  }
  const embedded = await startEmbedded({ dataDir, log, settings })
  return {
    url: embedded.url,
    async stop() {
      await embedded.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
