/** Contexts as an application makes them for LaunchDarkly's OpenFeature provider: of one kind, or of several. */
import type { EvaluationContext, EvaluationContextValue } from '@openfeature/server-sdk'

import type { Random } from '../../support/random.ts'

/** Chooses at random, the same way in every run. */
export interface Choice {
  /** One of these. */
  pick<Item>(items: readonly Item[]): Item
  /** Whether something happens that does so with this chance. */
  chance(chance: number): boolean
  /** A whole number below this. */
  below(limit: number): number
  /** Some of these, in order; perhaps none. */
  some<Item>(items: readonly Item[]): readonly Item[]
}

export function choiceOf(random: Random): Choice {
  const below = (limit: number): number => Math.floor(random.uniform() * limit)
  return {
    below,
    pick(items) {
      const [item] = items.slice(below(items.length))
      // Where there are any, there is one from each place on; one of them may be undefined itself.
      return item!
    },
    chance: (chance) => random.uniform() < chance,
    some: (items) => items.filter(() => random.uniform() < 0.4),
  }
}

export const KINDS = ['user', 'org', 'device'] as const
export const KEYS = ['ada', 'bob', 'cy', 'dee', 'k-1', 'k-2', 'ключ', '😀']
export const TEXTS = ['fi', 'se', 'FI', 'alpha', 'alphabet', 'beta', 'x@y.example', '', 'v', '7', 'true']
export const NUMBERS = [-1.5, 0, 1, 7, 7.5, 42, 1_577_836_800_000]
export const TIMES = [
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:00.500Z',
  '2019-12-31T19:00:00-05:00',
  '2021-06-01T12:00:00+02:00',
  '2020-01-01',
  '2020-01-01T00:00:00',
  '2020-01-01 00:00:00Z',
  '2020-01-01t00:00:00z',
  '2020-01-01T00:00Z',
  '2020-13-01T00:00:00Z',
  'never',
]
export const VERSIONS = [
  '1.2.3',
  '1.2',
  '2',
  '2.0.0-rc.1',
  '2.0.0-rc.2',
  '2.0.0+build.7',
  '1.2-beta',
  'v1.2.3',
  ' 1.2.3',
  '1.2.3 ',
  ' v1.2.3',
  '01.2.3',
  '1.2.3.4',
  '10.0.0',
  'x',
]

/** Attributes that clauses ask for, with values of every type. */
function attributesOf(choice: Choice): Record<string, EvaluationContextValue> {
  const scalar = (): EvaluationContextValue =>
    choice.pick<EvaluationContextValue>([...TEXTS, ...NUMBERS, true, false, null])
  const given: Record<string, () => EvaluationContextValue> = {
    name: () => choice.pick<EvaluationContextValue>(['Ada', 'alpha', 7, true]),
    anonymous: () => choice.pick<EvaluationContextValue>([true, false, 'true', 1]),
    country: scalar,
    age: () => choice.pick<EvaluationContextValue>([...NUMBERS, '7']),
    since: () =>
      choice.pick<EvaluationContextValue>([...TIMES, ...NUMBERS, new Date('2020-06-01T00:00:00Z')]),
    version: () => choice.pick<EvaluationContextValue>([...VERSIONS, 2]),
    tags: () =>
      choice.pick<EvaluationContextValue>([[], ['fi', 'beta'], [7, true], ['1.2', 42, 'alphabet'], 'fi']),
    address: () => ({
      street: scalar(),
      'zip/code': choice.pick(TEXTS),
      'a~b': choice.pick(TEXTS),
      geo: { city: scalar(), list: ['fi'] },
    }),
    '/lit': () => choice.pick(TEXTS),
    'a/b': () => choice.pick(TEXTS),
    '~x': () => choice.pick(TEXTS),
    privateAttributes: () => ['country'],
    score: () => choice.pick<EvaluationContextValue>([3, 3.5, '3', '', true, null]),
  }
  const chosen = Object.entries(given).filter(() => choice.chance(0.75))
  return Object.fromEntries(chosen.map(([attribute, value]) => [attribute, value()]))
}

/** A context that LaunchDarkly takes: keyed, of the kinds that it names. */
export function contextOf(choice: Choice, keys: readonly string[] = KEYS): EvaluationContext {
  const keyed = (): Record<string, EvaluationContextValue> => ({
    [choice.chance(0.8) ? 'targetingKey' : 'key']: choice.pick(keys),
    ...attributesOf(choice),
  })
  const kind = choice.pick([undefined, undefined, 'user', 'org', 'device', 'multi', 'multi', 'multi', 7])
  if (kind !== 'multi') return { ...keyed(), ...(kind === undefined ? {} : { kind }) }
  const kinds = KINDS.filter(() => choice.chance(0.6))
  const own = (kinds.length === 0 ? ['user'] : kinds).map((it) => [it, keyed()] as const)
  // What is no object is no context, and is left aside.
  return { kind, ...Object.fromEntries(own), ...(choice.chance(0.2) ? { note: 'text' } : {}) }
}

/** A context that LaunchDarkly refuses: without a key, or of a kind that has no name. */
export function refusedContext(choice: Choice): EvaluationContext {
  const attributes = attributesOf(choice)
  return choice.pick<EvaluationContext>([
    attributes,
    { ...attributes, targetingKey: '' },
    { ...attributes, key: '' },
    { ...attributes, targetingKey: '', key: 'ada' },
    { ...attributes, kind: 'org' },
    { ...attributes, kind: 'kind', targetingKey: 'ada' },
    { ...attributes, kind: 'my kind', targetingKey: 'ada' },
    { ...attributes, kind: '', targetingKey: 'ada' },
    { kind: 'multi' },
    { kind: 'multi', targetingKey: 'ada' },
    { kind: 'multi', user: { ...attributes }, org: { targetingKey: 'o' } },
    { kind: 'multi', 'no kind': { targetingKey: 'ada' } },
  ])
}
