/**
 * Edges as this server sees them: each follows an environment as an SDK does, and is told besides
 * whose keys it may serve. Of a key it gets the hash alone, so that it can let clients in from memory
 * and a stolen file of an edge opens nothing.
 */
import type { EdgeKeys } from '@flagmarshal/api/edge'
import type { VerificationRequest } from '@flagmarshal/evaluation'

import { selectSdkKeys } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import type { Sink } from './subscribers.ts'

export interface EdgeStreams {
  /** The keys of an environment as an edge is told them; as last known while the database is away. */
  keysOf(key: EnvironmentKey): Promise<string>
  /** Tells an edge the keys, now and whenever they have changed, until its stream ends. */
  add(key: EnvironmentKey, keys: string, sink: Sink): void
  /** Compares the keys with what was told. */
  refresh(): Promise<void>
  /** Asks edges to pass a request to verify drafts on to those instances that they hold. */
  ask(key: EnvironmentKey, instances: readonly string[], request: VerificationRequest): void
}

interface Open {
  readonly key: EnvironmentKey
  told: string
}

/** No edge is connected yet. */
export function createEdgeStreams(database: Database): EdgeStreams {
  const streams = new Map<Sink, Open>()
  const known = new Map<string, string>()

  return {
    async keysOf(key) {
      try {
        return await read(key)
      } catch (error) {
        const last = known.get(nameOf(key))
        if (last === undefined) throw error
        return last
      }
    },
    add(key, keys, sink) {
      streams.set(sink, { key, told: keys })
      sink.onClose(() => streams.delete(sink))
      sink.send({ event: 'keys', data: keys })
    },
    async refresh() {
      const places = new Map([...streams.values()].map(({ key }) => [nameOf(key), key]))
      for (const [name, key] of places) {
        const keys = await read(key)
        for (const [sink, open] of streams) {
          if (nameOf(open.key) !== name || open.told === keys) continue
          open.told = keys
          sink.send({ event: 'keys', data: keys })
        }
      }
    },
    ask(key, instances, request) {
      const data = JSON.stringify({ instances, request })
      for (const [sink, open] of streams)
        if (nameOf(open.key) === nameOf(key)) sink.send({ event: 'ask', data })
    },
  }

  async function read(key: EnvironmentKey): Promise<string> {
    const rows = await selectSdkKeys(database.kysely, key)
    const keys = rows.flatMap(({ id, hash, kind, name, expires_at: expires }) =>
      kind === 'server' || kind === 'web'
        ? [{ id, hash, kind, name, expiresAt: expires?.toISOString() ?? null }]
        : [],
    )
    const text = JSON.stringify({ keys } satisfies EdgeKeys)
    known.set(nameOf(key), text)
    return text
  }
}

function nameOf({ project, environment }: EnvironmentKey): string {
  return `${project}/${environment}`
}
