/**
 * The composition root of an edge: the same program near its clients, without a database. It serves
 * what its server serves from memory, and from a file after a restart, and passes on what clients say.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { edgeOperations } from '@flagmarshal/api/edge'
import { operations } from '@flagmarshal/api/operations'
import { pino } from 'pino'

import { createEventTokens } from '../access/event-token.ts'
import { systemClock as clock } from '../clock.ts'
import { isLoopback } from '../config.ts'
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { createEvaluationLimit } from '../delivery/evaluation-limit.ts'
import { startTask } from '../delivery/task.ts'
import { errorLine } from '../error-line.ts'
import type { EventStream } from '../http/event-stream.ts'
import { handlers as exposureHandlers } from '../http/handlers/exposure.ts'
import { handlers as ofrepHandlers } from '../http/handlers/ofrep.ts'
import { handlers as processHandlers } from '../http/handlers/process.ts'
import { handlers as snapshotHandlers } from '../http/handlers/snapshot.ts'
import { quickRoutes } from '../http/quick-routes.ts'
import { createServer } from '../http/server.ts'
import { sha256 } from '../id.ts'
import { createMetrics } from '../metrics.ts'
import { createReadiness } from '../readiness.ts'
import { closeAll, listenOn, once } from '../running.ts'
import { secretKeys } from '../secret/key.ts'
import { createSafe } from '../secret/seal.ts'
import { StartFailure } from '../start-failure.ts'
import { version } from '../version.ts'
import { createAdmission } from './admit.ts'
import { openEdgeDelivery } from './delivery.ts'
import { handlers as edgeHandlers } from './handlers.ts'
import type { EdgeServices } from './handlers.ts'
import { edgeHeader, healthOf, registerHealth } from './health.ts'
import { createKeptFile } from './kept.ts'
import { createLink } from './link.ts'
import type { LinkListener } from './link.ts'
import type { Place } from './place.ts'
import { reachOf, refuseChain } from './reach.ts'
import { openRelay } from './relay.ts'
import type { EdgeName } from './relay.ts'

/** Between two looks at keys that have come to their end. */
const KEYS_MS = 10_000

/** An edge that can listen. */
export interface Edge {
  listen(): Promise<string>
  readonly log: Log
  /** Stops accepting, ends streams, passes on what waits. Idempotent. */
  close(): Promise<void>
}

/** What an edge answers; the rest is the server's. */
function edgeTable(loopback: boolean) {
  const { getHealth, getReadiness, getMetrics, getSnapshot, streamSnapshot, acknowledgeRevision } = operations
  const { sendExposures, sendTelemetry, evaluateFlag, evaluateFlags, followEvaluations, answerVerification } =
    operations
  const { followAsEdge, relayFromEdge, answerFromEdge } = edgeOperations
  return {
    getHealth,
    getReadiness,
    getSnapshot,
    streamSnapshot,
    acknowledgeRevision,
    sendTelemetry,
    sendExposures,
    evaluateFlag,
    evaluateFlags,
    followEvaluations,
    answerVerification,
    getMetrics: loopback
      ? {
          ...getMetrics,
          can: 'public' as const,
        }
      : getMetrics,
    followAsEdge: {
      ...followAsEdge,
      can: 'public' as const,
    },
    relayFromEdge: {
      ...relayFromEdge,
      can: 'public' as const,
    },
    answerFromEdge: {
      ...answerFromEdge,
      can: 'public' as const,
    },
  }
}

/** Builds everything. Throws a StartFailure for what the operator can put right. */
export async function createEdge(config: Config): Promise<Edge> {
  const { upstream, keys } = upstreamOf(config)
  await refuseChain(upstream)
  const log = pino({ level: config.logLevel, base: null, serializers: { err: errorLine } })
  const safe = createSafe(await secretKeys(config))
  const [metrics, readiness] = [createMetrics(), createReadiness()]
  const edge: EdgeName = { id: await edgeId(config.dataDir), name: config.edgeName ?? os.hostname(), version }
  const run = randomUUID()
  // Filled below: what is opened for a place tells these two at once.
  const places: Place[] = []
  const delivery = openEdgeDelivery({ clock, log, metrics, places })
  const admission = createAdmission(places, safe, config.bootstrapToken)
  const listener: LinkListener = {
    ...delivery,
    keysChanged: () => keepOnlyValid(),
  }
  const keepOnlyValid = () => delivery.keepOnly(admission.refresh(clock.now()))
  const opened = await Promise.all(
    keys.map(async (key): Promise<Place> => {
      const reach = reachOf(upstream, key, edge.id)
      const owner = sha256(`${upstream}\n${key}`)
      const file = path.join(config.dataDir, 'edge', `${owner.slice(0, 16)}.json`)
      const kept = createKeptFile(file, owner, log)
      const link = createLink({ reach, kept, clock, log, listener }, await kept.read())
      const status = () => {
        const snapshot = link.state()?.snapshot
        return snapshot && { revision: snapshot.revision, ...delivery.streams(snapshot) }
      }
      const capacityBytes = config.edgeBufferBytes
      return { reach, link, relay: openRelay({ reach, edge, run, capacityBytes, clock, log, status }) }
    }),
  )
  places.push(...opened)
  admission.refresh(clock.now())
  // A key that has come to its end is announced by nobody: its streams end all the same.
  const ends = startTask({ name: 'keys', everyMs: KEYS_MS, clock, log }, async () => keepOnlyValid())
  for (const { link, relay } of places) link.follow(relay)
  const health = () => healthOf(edge.name, places)
  registerHealth({ readiness, metrics }, health)

  const services: EdgeServices = {
    accounts: { publicUrl: config.publicUrl },
    clock,
    metrics,
    readiness,
    safe,
    delivery: delivery.served,
    evaluationLimit: createEvaluationLimit(config.evaluationsPerSecond),
    eventTokens: createEventTokens(safe),
    reachOf: (key) => delivery.placeOf(key).reach,
  }
  const streams = new Set<EventStream>()
  const server = await createServer({
    operations: edgeTable(isLoopback(config)),
    services,
    authenticator: admission,
    log,
    streams,
    handlers: {
      ...processHandlers,
      ...snapshotHandlers,
      ...ofrepHandlers,
      ...exposureHandlers,
      ...edgeHandlers,
    },
    answerOnce: undefined,
    console: undefined,
    allowedOrigins: config.allowedOrigins,
    checkAnswers: false,
    headers: () => edgeHeader(health()),
    quick: quickRoutes(services),
  })
  const close = once(async () => {
    const closed = server.close()
    for (const stream of streams) stream.close()
    await closed
    await closeAll([
      () => ends.stop(),
      ...places.map(
        ({ relay }) =>
          () =>
            relay.close(),
      ),
      ...places.map(
        ({ link }) =>
          () =>
            link.close(),
      ),
      () => delivery.close(),
    ])
  })
  return { log, close, listen: () => listenOn(config, (at) => server.listen(at)) }
}

/** Where the server is, and the keys for it. */
function upstreamOf({ upstream, upstreamKeys, databaseUrl }: Config) {
  if (upstream === undefined || upstreamKeys.length === 0)
    throw new StartFailure(
      'An edge needs FLAGMARSHAL_UPSTREAM and, in FLAGMARSHAL_UPSTREAM_KEYS, an edge key for each environment.',
    )
  if (databaseUrl !== undefined)
    throw new StartFailure(
      'An edge has no database: set FLAGMARSHAL_UPSTREAM or FLAGMARSHAL_DATABASE_URL, not both.',
    )
  return { upstream: upstream.replace(/\/+$/, ''), keys: upstreamKeys }
}

/** The same after a restart, so that nobody waits for an edge that only has another name now. */
async function edgeId(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'edge', 'id')
  const known = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (/^edge-[\da-f-]{36}$/.test(known)) return known
  const made = `edge-${randomUUID()}`
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 }).catch(() => undefined)
  // On a disk that cannot be written this edge has a new name after each start; docs/operations/edge.md says so.
  await writeFile(file, `${made}\n`).catch(() => undefined)
  return made
}
