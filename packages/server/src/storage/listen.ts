/**
 * Listening for as long as the server runs: one connection for all channels, made again when it is
 * lost. One, because the database wakes each connection that listens to anything at each commit that
 * announces something.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, escapeIdentifier } from 'pg'
import type { ClientConfig } from 'pg'

import type { Log } from '../context.ts'
import type { Notified, Stop } from './database.ts'

/** Between two attempts to connect. */
const RETRY_MS = 500

/** What is listened to. */
export interface Listening {
  /** Begins to listen and returns at once; `notified(undefined)` follows when it does, and each time that the connection was made again. */
  listen(channel: string, notified: Notified): Stop
  /** Ends the connection. */
  close(): Promise<void>
}

/** Connects when something is first listened to. */
export function openListening(config: ClientConfig, log: Log): Listening {
  const heard = new Map<string, Set<Notified>>()
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | undefined
  let join: ((channel: string) => void) | undefined

  return {
    listen(channel, notified) {
      const others = heard.get(channel) ?? new Set()
      heard.set(channel, others.add(notified))
      if (running === undefined) running = keepListening()
      else join?.(channel)
      return async () => {
        others.delete(notified)
        if (others.size === 0) heard.delete(channel)
      }
    },
    async close() {
      stopping.abort()
      await running
    },
  }

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      try {
        await listenOnce()
      } catch (error) {
        if (!signal.aborted) log.warn({ why: String(error) }, 'listening to the database failed')
      }
      join = undefined
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Until the connection ends or is closed. */
  async function listenOnce(): Promise<void> {
    const client = new Client({ ...config, keepAlive: true })
    const ended = new Promise<void>((resolve, reject) => {
      client.on('end', () => resolve())
      client.on('error', reject)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    ended.catch(() => undefined)
    client.on('notification', ({ channel, payload }) => tell(channel, payload ?? ''))
    try {
      await client.connect()
      // One after the other; where one fails the connection is lost, and `ended` says so.
      let joined: Promise<unknown> = Promise.resolve()
      join = (channel) => {
        joined = joined
          .then(() => client.query(`listen ${escapeIdentifier(channel)}`))
          .then(() => tell(channel, undefined))
          .catch(() => undefined)
      }
      for (const channel of heard.keys()) join(channel)
      await ended
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  function tell(channel: string, payload: string | undefined): void {
    for (const notified of heard.get(channel) ?? []) notified(payload)
  }
}
