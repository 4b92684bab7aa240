/** Our engine by key, and the SDK: by handles kept from the start, and through OpenFeature. */
import { compile, SNAPSHOT_SCHEMA } from '@flagmarshal/evaluation'
import type { Allocation, Compiled, Flag, Outcome, Rule, Snapshot } from '@flagmarshal/evaluation'
import { createFlagmarshal, openRequest } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'

import type { All, Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec } from '../workload.ts'
import { contextOf } from './context.ts'
import { callsThrough } from './open-feature.ts'

/** `compiled.boolean(key, context, default)` of the engine. */
export const byKey: Subject = {
  note: 'compile(snapshot).boolean(key, context, false); W5 is .all(context)',
  translate,
  load(text) {
    const snapshot: Snapshot = JSON.parse(text)
    const compiled = compile(snapshot)
    return {
      w1: (user) => compiled.boolean('w1', contextOf(user), false),
      w1off: (user) => compiled.boolean('w1off', contextOf(user), false),
      w2: (user) => compiled.boolean('w2', contextOf(user), false),
      w3: (user) => compiled.boolean('w3', contextOf(user), false),
      w4: (user) => compiled.object('w4', contextOf(user), {}),
      w5: allOf(compiled, snapshot),
      w7: (user) => compiled.boolean('w7', contextOf(user), false),
    }
  },
}

/** Handles of a connection, evaluated outside of a request; `counted` inside of one. */
export const byHandle: Subject = {
  note: 'createFlagmarshal({countEvaluations: false}).handles; `counted` with another connection, inside of a request',
  translate,
  async load(text) {
    const connection = await connect(text, false)
    const counting = await connect(text, true)
    const { handles } = connection
    const [w1, w1off, w2] = [
      handles.boolean('w1', false),
      handles.boolean('w1off', false),
      handles.boolean('w2', false),
    ]
    const [w3, w4, w7] = [
      handles.boolean('w3', false),
      handles.object('w4', {}),
      handles.boolean('w7', false),
    ]
    const arms = counting.handles.boolean('arms', false)
    const snapshot: Snapshot = JSON.parse(text)
    return {
      w1: (user) => w1.value(contextOf(user)),
      w1off: (user) => w1off.value(contextOf(user)),
      w2: (user) => w2.value(contextOf(user)),
      w3: (user) => w3.value(contextOf(user)),
      w4: (user) => w4.value(contextOf(user)),
      w5: allOf(compile(snapshot), snapshot),
      w7: (user) => w7.value(contextOf(user)),
      counted: (user) => arms.value(contextOf(user)),
      inRequest: (run) => openRequest(counting).run(run),
      close: async () => {
        await connection.close()
        await counting.close()
      },
    }
  },
}

/** The provider. */
export const through: Subject = {
  note: 'createFlagmarshal(…).provider',
  translate,
  load: async (text) => await callsThrough((await connect(text, true)).provider),
}

/** A connection whose server is a function that knows the snapshot. */
async function connect(text: string, countEvaluations: boolean): Promise<Connection> {
  const connection = createFlagmarshal({
    url: 'http://127.0.0.1:9',
    key: 'fm_server_bench',
    environment: 'bench',
    application: 'bench',
    layers: ['backend'],
    streaming: false,
    countEvaluations,
    fetch: async () => new Response(text, { headers: { 'content-type': 'application/json' } }),
  })
  if ((await connection.ready()) !== 'ready') throw new Error('the snapshot was not taken')
  return connection
}

function allOf(compiled: Compiled, { flags }: Snapshot): All {
  const places = new Map(flags.map(({ key }, place) => [key, place]))
  return {
    call: (user) => compiled.all(contextOf(user)),
    count: (all) => (all as readonly Outcome[]).length,
    get: (all, key) => (all as readonly Outcome[])[places.get(key) ?? -1]?.value,
  }
}

function translate(spec: Spec): Snapshot {
  return {
    schema: SNAPSHOT_SCHEMA,
    project: 'bench',
    environment: 'bench',
    revision: 1,
    generatedAt: '2026-01-01T00:00:00.000Z',
    flags: [...spec.flags.map(flagOf), arms()],
    segments: [
      { key: 'eu', when: { attribute: 'country', op: 'in', values: spec.eu } },
      { key: 'big', include: spec.big },
    ],
    telemetry: { flushIntervalMs: 3_600_000, pollIntervalMs: 3_600_000 },
  }
}

function flagOf(flag: BenchFlag, place: number): Flag {
  const base: Flag = {
    key: flag.key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [],
    fallthrough: { variant: 'off' },
  }
  switch (flag.kind) {
    case 'constant':
      return { ...base, fallthrough: { variant: flag.on ? 'on' : 'off' } }
    case 'percentage':
      return { ...base, fallthrough: { allocation: percentage(flag.percent, place) } }
    case 'rules':
      return { ...base, rules: rulesOf(place) }
    case 'members':
      return {
        ...base,
        rules: [{ id: 'big', name: 'Big', when: { segment: 'big' }, serve: { variant: 'on' } }],
      }
    case 'variants': {
      const ranges = VARIANTS.map(({ id }, i) => ({ from: i * 25_000, to: (i + 1) * 25_000, variant: id }))
      return {
        ...base,
        valueType: 'object',
        variants: Object.fromEntries(VARIANTS.map((it) => [it.id, it])),
        offVariant: 'a',
        fallthrough: { allocation: { ...percentage(0, place), ranges } },
      }
    }
  }
}

function rulesOf(place: number): readonly Rule[] {
  const on = { variant: 'on' }
  return [
    {
      id: '1',
      name: 'Countries',
      when: { attribute: 'country', op: 'in', values: RULES.countries },
      serve: on,
    },
    {
      id: '2',
      name: 'Partners',
      when: { attribute: 'email', op: 'ends-with', values: RULES.emailEnds },
      serve: on,
    },
    {
      id: '3',
      name: 'New versions',
      when: { attribute: 'version', op: 'version-at-least', values: [RULES.minVersion] },
      serve: on,
    },
    { id: '4', name: 'Plan', when: { attribute: 'plan', op: 'equals', values: [RULES.plan] }, serve: on },
    {
      id: '5',
      name: 'Europe',
      when: { segment: 'eu' },
      serve: { allocation: percentage(RULES.percent, place) },
    },
  ]
}

function percentage(percent: number, place: number): Allocation {
  const to = percent * 1_000
  const ranges = [
    { from: 0, to, variant: 'on' },
    { from: to, to: 100_000, variant: 'off' },
  ]
  return { by: 'targetingKey', salt: saltOf(place), hash: 'murmur3', ranges }
}

/** Fifteen characters, as the server makes its salts. */
function saltOf(place: number): string {
  return `salt-${String(place).padStart(10, '0')}`
}

/** W2 as a rollout: half of everybody exposed, the others control. */
function arms(): Flag {
  const base = flagOf({ key: 'arms', kind: 'constant', on: false }, 0)
  const everybody = { id: 'everybody', when: { all: [] }, ranges: [{ from: 0, to: 50_000 }] }
  const exposure = {
    by: 'targetingKey',
    salt: saltOf(1),
    hash: 'murmur3',
    audiences: [everybody],
    variant: 'on',
  } as const
  const rollout = { id: 'rollout', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 0.1 }
  return { ...base, rules: [{ id: 'r', name: 'Rollout', when: { all: [] }, rollout, serve: { exposure } }] }
}
