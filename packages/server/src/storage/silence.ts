/**
 * Notices a database that is connected and answers nothing: a machine that is frozen, a network that
 * swallows. Nothing would ever end what waits for it, so its connections are ended instead.
 *
 * A query that takes long is not silence: what is asked is whether anything is answered at all.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, DatabaseError } from 'pg'
import type { ClientConfig } from 'pg'

import type { Stop } from './database.ts'

/**
 * Between two questions, and how long each part of the patience is: with its five parts, what waits for
 * a silent database is answered within 2 s.
 */
const EVERY_MS = 300

/**
 * So many parts without an answer are silence. Counted, and not one long timer: a process that was
 * stopped itself finds one timer due and the answer waiting.
 */
const PARTS = 5

/** Begins to ask, on a connection of its own; `silent` is called each time that no answer comes. */
export function watchSilence(config: ClientConfig, silent: () => void): Stop {
  const stopping = new AbortController()
  const watching = watch(config, silent, stopping.signal)
  return async () => {
    stopping.abort()
    await watching
  }
}

async function watch(config: ClientConfig, silent: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new Client(config)
    client.on('error', () => undefined)
    try {
      await client.connect()
      if (await fallsSilent(client, signal)) silent()
    } catch (error) {
      // An answer too: it does not want this connection.
      if (!(error instanceof DatabaseError) && !signal.aborted) silent()
    } finally {
      const ended = client.end().catch(() => undefined)
      // Silence does not keep a server from closing.
      if (!signal.aborted) await ended
    }
    await pause(signal)
  }
}

/** Whether it stops answering on a connection that stands; false once the connection is lost. */
async function fallsSilent(client: Client, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const answer = client.query('select 1').then(
      () => 'answered' as const,
      () => 'lost' as const,
    )
    const heard = await inTime(answer, signal)
    if (heard === 'silent') return true
    if (heard === 'lost') return false
    await pause(signal)
  }
  return false
}

async function inTime(
  answer: Promise<'answered' | 'lost'>,
  signal: AbortSignal,
): Promise<'answered' | 'lost' | 'silent'> {
  for (let part = 0; part < PARTS; part++) {
    const heard = await Promise.race([answer, pause(signal)])
    if (heard !== undefined) return heard
  }
  return signal.aborted ? 'lost' : 'silent'
}

async function pause(signal: AbortSignal): Promise<undefined> {
  await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
}
