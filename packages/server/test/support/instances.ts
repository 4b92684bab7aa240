/**
 * Instances as SDKs are, spoken plainly over HTTP: each follows the stream of its environment and,
 * unless it is silent, acknowledges what it gets.
 */
import { applyPatch } from '@flagmarshal/evaluation'
import type { Patch, Snapshot } from '@flagmarshal/evaluation'

export interface StreamEvent {
  readonly event: string
  readonly id: string
  readonly data: unknown
}

export interface FollowOptions {
  readonly environment?: string
  readonly instance?: string
  readonly lastEventId?: string
  /** Acknowledges each revision once it has it. */
  readonly acknowledges?: boolean
}

export interface Follower {
  readonly instance: string
  /** What has arrived, in order. */
  readonly events: readonly StreamEvent[]
  /** The snapshot with all patches applied. */
  snapshot(): Snapshot | undefined
  /** Resolves once something like this has arrived. */
  until(wanted: (event: StreamEvent) => boolean): Promise<StreamEvent>
  /** Resolves once the stream has ended, from whichever side. */
  readonly ended: Promise<void>
  /** Ends the stream. */
  close(): Promise<void>
}

/** An instance with an open stream. */
export async function follow(server: string, key: string, options: FollowOptions = {}): Promise<Follower> {
  const { environment = 'development', instance = `instance-${crypto.randomUUID()}` } = options
  const base = `${server}/api/v1/environments/${environment}`
  const headers = { authorization: `Bearer ${key}`, 'flagmarshal-instance': instance }
  const leaving = new AbortController()
  const answer = await fetch(`${base}/stream`, {
    headers: {
      ...headers,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
    signal: leaving.signal,
  })
  if (answer.status !== 200 || answer.body === null) throw new Error(`the stream answered ${answer.status}`)
  const events: StreamEvent[] = []
  const waiting = new Set<() => void>()
  let snapshot: Snapshot | undefined
  const reading = read(answer.body, async (event) => {
    events.push(event)
    if (event.event === 'snapshot') snapshot = event.data as Snapshot
    if (event.event === 'patch' && snapshot !== undefined)
      snapshot = applyPatch(snapshot, event.data as Patch)
    if (options.acknowledges === true) await acknowledge(base, headers, Number(event.id))
    for (const look of waiting) look()
  }).catch(() => undefined)

  return {
    instance,
    events,
    ended: reading,
    snapshot: () => snapshot,
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find(wanted)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    async close() {
      leaving.abort()
      await reading
    },
  }
}

/** Acknowledges a revision as the instance that the headers name. */
export async function acknowledge(
  base: string,
  headers: Readonly<Record<string, string>>,
  revision: number,
  mode: 'stream' | 'poll' = 'stream',
): Promise<number> {
  const answer = await fetch(`${base}/acks`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      instanceId: headers['flagmarshal-instance'],
      revision,
      instance: { application: 'shop', layers: ['backend'], sdk: 'test', sdkVersion: '1', mode },
    }),
  })
  await answer.body?.cancel()
  return answer.status
}

async function read(
  body: ReadableStream<Uint8Array>,
  got: (event: StreamEvent) => Promise<void>,
): Promise<void> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
      const data = lines.get('data')
      if (data !== undefined)
        await got({ event: lines.get('event') ?? '', id: lines.get('id') ?? '', data: JSON.parse(data) })
    }
  }
}
