/**
 * Requests to every operation of the table: mostly sensible, with one or two things wrong.
 */
import { setImmediate } from 'node:timers/promises'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { INPUT_VALUES } from '@flagmarshal/api/procedure-inputs'
import { STEP_OUTPUTS } from '@flagmarshal/api/procedure-outputs'
import * as fc from 'fast-check'
import { z } from 'zod'

import {
  HOSTILE_AUTHORIZATIONS,
  HOSTILE_ETAGS,
  HOSTILE_HEADERS,
  HOSTILE_PARTS,
  HOSTILE_PATHS,
  HOSTILE_QUERIES,
  OTHER_METHODS,
} from './addresses.ts'
import { hostileText, spoiled, spoiledText } from './mutations.ts'
import { sensibleBody } from './sensible.ts'
import { valueOf } from './values.ts'
import type { JsonSchema, Names } from './values.ts'
import { isOfKey, tokensFor } from './world.ts'
import type { Place, World } from './world.ts'

export interface FuzzRequest {
  readonly id: string
  readonly method: string
  /** With the query, as it goes over the wire. */
  readonly path: string
  /** An `if-match` of `@current` becomes the last ETag that was seen at the path. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** An operation, or one of the shapes that its body may have. */
interface Target {
  readonly id: string
  readonly operation: Operation
  readonly fixed: Readonly<Record<string, string>>
  readonly body: JsonSchema | undefined
}

/** These take away what others need, so they come later, in this order. */
const LATER: readonly (readonly string[])[] = [
  ['writeStep', 'decideStep', 'reviewSubject', 'startRollout'],
  ['provideInput', 'writeWorkPlan', 'reviewWorkPlan', 'changeFlag', 'configureFlag'],
  ['rollbackRollout', 'showRollbackReport', 'publishDraft', 'changeDraft', 'discardDraft'],
  ['archiveFlag', 'restoreFlag', 'abortRun', 'abortRollout'],
  ['archiveEnvironment', 'restoreEnvironment', 'forgetEdge', 'withdrawRole', 'removeServiceAccount'],
  [
    'changeRoles',
    'endSessionsOf',
    'disconnectPerson',
    'revokeToken',
    'revokeKey',
    'disablePerson',
    'erasePerson',
  ],
]

/** About `count` requests, the same for the same seed, spread evenly over the operations. */
export async function drawRequests(world: World, count: number, seed: number): Promise<FuzzRequest[]> {
  const targets = Object.entries(operations).flatMap(([id, operation]) => targetsOf(id, operation))
  const each = Math.ceil(count / Object.keys(operations).length)
  const drawn: FuzzRequest[][] = []
  for (const [i, target] of targets.entries()) {
    const numRuns = Math.ceil(each / targets.filter((it) => it.id === target.id).length)
    const requests = fc.sample(requestOf(target, world), { numRuns, seed: seed + i })
    drawn.push(requests.filter((it) => !leavesMachine(it)))
    // The server lives in this process and has other things to do.
    await setImmediate()
  }
  const rounds = Array.from({ length: each }, (_, round) => drawn.flatMap((it) => it[round] ?? [])).flat()
  const phaseOf = ({ id }: FuzzRequest) => LATER.findIndex((ids) => ids.includes(id))
  return [-1, ...LATER.keys()].flatMap((phase) => rounds.filter((it) => phaseOf(it) === phase))
}

/** A channel without an address goes to PagerDuty itself. */
function leavesMachine({ body = '' }: FuzzRequest): boolean {
  return body.includes('pagerduty') && !body.includes('"url"')
}

/** Where the schema of a part of the body depends on the address, one target for each. */
function targetsOf(id: string, operation: Operation): Target[] {
  const target = (body: z.ZodType | undefined, fixed = {}) => ({
    id,
    operation,
    fixed,
    body: body && jsonSchemaOf(body),
  })
  const given = operation.body
  if (id === 'provideInput' && given instanceof z.ZodObject) {
    return Object.entries(INPUT_VALUES).map(([input, value]) => target(given.extend({ value }), { input }))
  }
  if (id === 'writeStep') {
    return Object.values(STEP_OUTPUTS).map((output, i) =>
      target(z.strictObject({ output }), { step: String(i + 1) }),
    )
  }
  if (id === 'evaluateFlag' || id === 'evaluateFlags' || id === 'explainFlag') return [target(CONTEXT)]
  // The checks that a place names are those of step 1.
  if (id === 'giveEvidence') return [target(given, { step: '1' })]
  // The keys of the places are of another environment, and go on opening it.
  if (id === 'archiveEnvironment' || id === 'restoreEnvironment')
    return [target(given, { environment: 'staging' })]
  if (id === 'getKill') return [target(given, { flag: 'greeting', environment: 'development' })]
  return [target(given, isOfKey(operation) ? { environment: 'development' } : {})]
}

const CONTEXT = z.strictObject({
  context: z.looseObject({
    targetingKey: z.string().optional(),
    country: z.string().optional(),
    age: z.number().optional(),
    mail: z.unknown().optional(),
  }),
})

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

/** In a place that has what the address names; now and then with what belongs to another one. */
function requestOf(target: Target, world: World): fc.Arbitrary<FuzzRequest> {
  const params = [...target.operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const furnished = world.places.filter(({ names }) => params.every((it) => names[it] !== undefined))
  const places = furnished.length === 0 ? world.places : furnished
  const pairs = places.flatMap((place, i) => {
    const other = places[(i + 1) % places.length] ?? place
    return [
      { weight: 19, arbitrary: requestIn(target, place, place.names) },
      { weight: 1, arbitrary: requestIn(target, place, other.names) },
    ]
  })
  return fc.oneof(...pairs)
}

function requestIn(target: Target, place: Place, names: Names): fc.Arbitrary<FuzzRequest> {
  const { id, operation } = target
  return fc
    .record({
      method: sometimes(40, fc.constant<string>(operation.method), fc.constantFrom(...OTHER_METHODS)),
      path: pathOf(target, names),
      query: queryOf(operation, place, names),
      headers: headersOf(operation, place),
      body: bodyOf(target, names),
    })
    .map(({ path, query, headers, body, method }) => ({
      id,
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    }))
}

/** The usual thing, and once in `odds` another one. */
function sometimes<T>(odds: number, usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: odds - 1, arbitrary: usual }, { weight: 1, arbitrary: other })
}

function bodyOf(
  { id, operation, fixed, body }: Target,
  names: Names,
): fc.Arbitrary<string | Buffer | undefined> {
  const text = (value: unknown) => JSON.stringify(value) ?? ''
  if (body === undefined) {
    const none = operation.method === 'GET' || operation.method === 'DELETE' ? undefined : ''
    const wanted = fc.constant<string | undefined>(none === undefined ? none : undefined)
    return sometimes(4, wanted, fc.constantFrom('{}', '[]', 'null', '{"a":1}', '{', 'x'.repeat(2_000)))
  }
  const sensible = sensibleBody(id, fixed, names)
  const drawn = valueOf(body, names)
  const value = sensible === undefined ? drawn : fc.oneof(drawn, sensible)
  return fc.oneof(
    { weight: 4, arbitrary: value.map(text) },
    { weight: 5, arbitrary: value.chain(spoiled).map(text) },
    { weight: 1, arbitrary: value.map(text).chain(spoiledText) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

function pathOf({ operation, fixed }: Target, names: Names): fc.Arbitrary<string> {
  const parts = operation.path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) return fc.constant(part)
    return sometimes(
      40,
      plainPart(operation, name, { ...names, ...pinned(fixed) }),
      fc.constantFrom(...HOSTILE_PARTS),
    )
  })
  return sometimes(
    80,
    fc.tuple(...parts).map((it) => it.join('')),
    fc.constantFrom(...HOSTILE_PATHS),
  )
}

function pinned(fixed: Readonly<Record<string, string>>): Names {
  return Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name, [value]]))
}

function plainPart(operation: Operation, name: string, names: Names): fc.Arbitrary<string> {
  const known = names[name]
  if (known !== undefined && known.length > 0) {
    const encoded = fc.constantFrom(...known.map(encodeURIComponent))
    return sometimes(30, encoded, fc.constantFrom('missing', 'thing_missing', '1'))
  }
  const schema = operation.params?.shape[name]
  if (!(schema instanceof z.ZodType)) return fc.constant('missing')
  return valueOf(jsonSchemaOf(schema), names, name).map((it) => encodeURIComponent(String(it)))
}

function queryOf(operation: Operation, { webKey }: Place, names: Names): fc.Arbitrary<string> {
  const strange = fc.constantFrom(...HOSTILE_QUERIES)
  // A beacon has no headers.
  if (operation.beacon === true) return sometimes(15, fc.constant(`key=${webKey}`), strange)
  if (operation.query === undefined) return sometimes(15, fc.constant(''), strange)
  const fields = valueOf(jsonSchemaOf(operation.query), names).map((value) =>
    Object.entries(value as object)
      .map(([name, it]) => `${name}=${encodeURIComponent(String(it))}`)
      .join('&'),
  )
  const spoiledField = fc
    .tuple(fc.constantFrom(...Object.keys(operation.query.shape)), hostileText)
    .map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed()).slice(0, 4_000)}`)
  return fc.oneof({ weight: 3, arbitrary: fields }, spoiledField, strange)
}

function headersOf(operation: Operation, place: Place): fc.Arbitrary<Record<string, string>> {
  const anybody = [...place.people, place.serverKey, place.webKey, place.edgeKey, place.automation]
  const token = sometimes(
    12,
    fc.constantFrom(...tokensFor(operation, place)).map((it) => `Bearer ${it}`),
    fc.constantFrom(...anybody.map((it) => `Bearer ${it}`), ...HOSTILE_AUTHORIZATIONS),
  )
  const ifMatch = sometimes(4, fc.constant('@current'), fc.constantFrom(...HOSTILE_ETAGS))
  const others = fc.array(fc.constantFrom(...HOSTILE_HEADERS), { maxLength: 2 })
  return fc
    .record({
      authorization: token,
      ...(operation.ifMatch !== undefined ? { 'if-match': ifMatch } : {}),
    })
    .chain((headers) =>
      fc
        .oneof(
          { weight: 2, arbitrary: fc.constant<typeof HOSTILE_HEADERS>([]) },
          { weight: 1, arbitrary: others },
        )
        .map((more) => ({ ...headers, ...Object.fromEntries(more) })),
    )
}
