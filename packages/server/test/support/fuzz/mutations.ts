/**
 * What hostile or broken callers do to a request that was all right: to values inside of a body, to
 * its text, and to what goes into addresses and headers.
 */
import * as fc from 'fast-check'

/** Where in a value, and what is done there. */
interface Mutation {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'add' | 'repeat' | 'wrap'
  readonly name: string
  readonly value: unknown
}

/** The value with up to three things wrong. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map((mutations) => mutations.reduce<unknown>((it, next) => apply(it, next), value))
}

/** The text of a body with something wrong in it. */
export function spoiledText(text: string): fc.Arbitrary<string | Buffer> {
  return fc.tuple(fc.constantFrom(...TEXTS), fc.nat({ max: text.length })).map(([how, at]) => how(text, at))
}

/** Every place in a value, as the path that leads there. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || path.length > 20) return [path]
  return [path, ...Object.entries(value).flatMap(([name, it]) => placesOf(it, [...path, name]))]
}

function apply(value: unknown, mutation: Mutation): unknown {
  const places = placesOf(value)
  return changed(value, places[mutation.at % places.length] ?? [], mutation)
}

function changed(value: unknown, [name, ...rest]: readonly string[], mutation: Mutation): unknown {
  if (name === undefined) return changedHere(value, mutation)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).flatMap(([it, member]): [string, unknown][] => {
    if (it !== name) return [[it, member]]
    return rest.length === 0 && mutation.how === 'remove' ? [] : [[it, changed(member, rest, mutation)]]
  })
  return Array.isArray(value) ? members.map(([, it]) => it) : Object.fromEntries(members)
}

function changedHere(value: unknown, { how, name, value: other }: Mutation): unknown {
  if (how === 'wrap') return [value]
  if (how === 'repeat')
    return Array.isArray(value) ? Array.from({ length: 300 }, () => value).flat() : [value, value]
  // A computed name makes `__proto__` a member like any other.
  if (how === 'add' && typeof value === 'object' && value !== null) return { ...value, [name]: other }
  return other
}

function nested(depth: number): unknown {
  let value: unknown = []
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'NaN',
  'Infinity',
  '-1',
  '1e400',
  'true',
  'null',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  "'; drop table flags; --",
  '\\u0000',
  '$1',
  '%00%s%n',
  '\u202e\u2028',
  '\r\nset-cookie: a=b',
  '💩'.repeat(64),
  'x'.repeat(300),
  'x'.repeat(20_000),
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  '-000001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '(a+)+$',
  `${'a'.repeat(2_000)}!`,
  'run_0',
  'stage:99',
]
const HOSTILE_NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e21,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  99_999_999_999,
]
const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'then',
  'length',
  'refused',
  'body',
  'stream',
  '',
  '0',
  '$ref',
  'a\0b',
  '\udc00',
  '~/~',
  'k'.repeat(300),
  'k'.repeat(20_000),
]

/** A value that no schema had in mind. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...HOSTILE_TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...HOSTILE_NUMBERS) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      [],
      [[]],
      [null],
      {},
      { a: 1 },
      { constructor: { prototype: { polluted: true } } },
      { ['__proto__']: { polluted: true } },
      { toString: 1, valueOf: 2, toJSON: 3 },
      { refused: true, code: 'invalid', message: 'm', remedy: 'r' },
      { length: 1e9 },
      Array.from({ length: 3_000 }, (_, i) => i),
      Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, i])),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(20, 31, 40, 500).map(nested) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
)

/** Text that no address or field had in mind. */
export const hostileText: fc.Arbitrary<string> = fc.constantFrom(...HOSTILE_TEXTS)

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 10_000 }),
  how: fc.oneof(
    { weight: 5, arbitrary: fc.constant('replace' as const) },
    { weight: 2, arbitrary: fc.constant('remove' as const) },
    { weight: 2, arbitrary: fc.constant('add' as const) },
    { weight: 1, arbitrary: fc.constantFrom('repeat' as const, 'wrap' as const) },
  ),
  name: fc.constantFrom(...HOSTILE_NAMES),
  value: hostile,
})

const OVERSIZE = 'x'.repeat(1_100_000)

const TEXTS: readonly ((text: string, at: number) => string | Buffer)[] = [
  (text, at) => text.slice(0, at),
  (text, at) => `${text.slice(0, at)}\0${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}}${text.slice(at)}`,
  (text, at) =>
    Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([0xff, 0xc0]), Buffer.from(text.slice(at))]),
  (text) => `\ufeff${text}`,
  (text) => `${text} ${text}`,
  (text) => text.replace('{', '{"__proto__":{"polluted":true},'),
  (text) => text.replace('{', '{"constructor":{"prototype":{"polluted":true}},'),
  (text) => text.replace(/\d+/, '1e999'),
  (text) => text.replace(/"[^"]*"/, '"\\ud800"'),
  (text) => text.replace(/:/, ':NaN,"x":'),
  () => ' ',
  () => 'key=value&a[]=b',
  () => '<?xml version="1.0"?><a/>',
  () => '['.repeat(5_000),
  () => `${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}`,
  () => `{"key":"${OVERSIZE}"}`,
  () => `[${'0,'.repeat(110_000)}0]`,
]
