/**
 * Instances as SDKs are, spoken plainly over HTTP: each follows the stream of its environment and,
 * unless it is silent, acknowledges what it gets.
 */
import { applyPatch } from '@flagmarshal/evaluation'
import type { Patch, Snapshot } from '@flagmarshal/evaluation'

import { openEvents } from './events.ts'
import type { Events } from './events.ts'

export interface FollowOptions {
  readonly environment?: string
  readonly instance?: string
  readonly lastEventId?: string
  /** Acknowledges each revision once it has it. */
  readonly acknowledges?: boolean
}

export interface Follower extends Events {
  readonly instance: string
  /** The snapshot with all patches applied. */
  snapshot(): Snapshot | undefined
}

/** An instance with an open stream. */
export async function follow(server: string, key: string, options: FollowOptions = {}): Promise<Follower> {
  const { environment = 'development', instance = `instance-${crypto.randomUUID()}` } = options
  const base = `${server}/api/v1/environments/${environment}`
  const headers = { authorization: `Bearer ${key}`, 'flagmarshal-instance': instance }
  const has = options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }
  let snapshot: Snapshot | undefined
  const events = await openEvents(`${base}/stream`, { ...headers, ...has }, async (event) => {
    if (event.event === 'snapshot') snapshot = event.data as Snapshot
    if (event.event === 'patch' && snapshot !== undefined)
      snapshot = applyPatch(snapshot, event.data as Patch)
    if (options.acknowledges === true) await acknowledge(base, headers, Number(event.id))
  })
  return { ...events, instance, snapshot: () => snapshot }
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
