/** What an environment answers over and over while something is done to its server. */
import type { Client } from '@flagmarshal/api'

import { expectOk, untilServed } from '../../../../tests/support/server.ts'
import { newFlag } from './flags.ts'

/** Where `greeting` is served. */
export const SERVED = { project: 'shop', environment: 'production', flag: 'greeting' } as const

/** A server, and who may do everything there. */
interface Served {
  readonly address: string
  readonly admin: Client
}

/** A project with one unprotected environment, where `greeting` is served, on for everybody; answers its SDK key. */
export async function serveGreeting({ address, admin }: Served): Promise<string> {
  const { project, environment, flag } = SERVED
  const environments = [{ key: environment, name: 'Production', protected: false }]
  expectOk(await admin.call('createProject', { body: { key: project, name: 'Shop', environments } }))
  expectOk(await admin.call('createFlag', { params: { project }, body: newFlag(flag) }))
  const on = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  expectOk(await admin.call('configureFlag', { params: SERVED, body: on, ifMatch: 1 }))
  const body = { kind: 'server' as const, environment, name: 'test' }
  const { key } = expectOk(await admin.call('createKey', { params: { project }, body }))
  await untilServed(address, key, { flag, value: true })
  return key
}

/** How often was asked, and every answer that there was: one, where nothing went wrong. */
export interface Evaluated {
  readonly count: number
  readonly distinct: readonly string[]
}

/** Asks for the flag and for the snapshot, without a pause, until the signal. */
export async function evaluateUntil(address: string, key: string, signal: AbortSignal): Promise<Evaluated> {
  const distinct = new Set<string>()
  let count = 0
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ context: { targetingKey: 'ann' } })
  while (!signal.aborted) {
    const url = `${address}/ofrep/v1/evaluate/flags/${SERVED.flag}`
    const answer = await fetch(url, { method: 'POST', headers, body })
    const snapshot = await fetch(`${address}/api/v1/environments/${SERVED.environment}/snapshot`, { headers })
    const text = await answer.text()
    distinct.add(`${answer.status} ${/"value":\w+/.exec(text)?.[0]} ${snapshot.status}`)
    await snapshot.arrayBuffer()
    count += 2
  }
  return { count, distinct: [...distinct] }
}

/** What became of a write, and after how long. */
export interface Written {
  readonly status: number
  readonly code: string
  readonly ms: number
}

/** Creates a flag. */
export async function writeFlag(admin: Client, name: string): Promise<Written> {
  const began = performance.now()
  const outcome = await admin.call('createFlag', { params: { project: SERVED.project }, body: newFlag(name) })
  const ms = Math.round(performance.now() - began)
  return outcome.ok
    ? { status: outcome.status, code: '', ms }
    : { status: outcome.problem.status, code: outcome.problem.code, ms }
}
