/**
 * Listening to a channel for as long as the server runs: one connection, made again when it is lost.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, escapeIdentifier } from 'pg'
import type { ClientConfig } from 'pg'

import type { Log } from '../context.ts'
import type { Notified, Stop } from './database.ts'

/** Between two attempts to connect. */
const RETRY_MS = 500

/** Starts to listen and returns at once; `notified(undefined)` follows each connection made. */
export function startListening(config: ClientConfig, channel: string, notified: Notified, log: Log): Stop {
  const stopping = new AbortController()
  const running = keepListening(config, channel, notified, log, stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}

// oxlint-disable-next-line max-params -- the four of startListening and its signal
async function keepListening(
  config: ClientConfig,
  channel: string,
  notified: Notified,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await listenOnce({ ...config, keepAlive: true }, channel, notified, signal)
    } catch (error) {
      if (!signal.aborted) log.warn({ why: String(error), channel }, 'listening to the database failed')
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Until the connection ends or the signal aborts. */
async function listenOnce(
  config: ClientConfig,
  channel: string,
  notified: Notified,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client(config)
  const ended = new Promise<void>((resolve, reject) => {
    client.on('end', () => resolve())
    client.on('error', reject)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  ended.catch(() => undefined)
  client.on('notification', (message) => notified(message.payload ?? ''))
  try {
    await client.connect()
    await client.query(`listen ${escapeIdentifier(channel)}`)
    notified(undefined)
    await ended
  } finally {
    await client.end().catch(() => undefined)
  }
}
