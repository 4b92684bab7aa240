/** The features of LaunchDarkly's flag model, each as flags and segments made at random that have little else. */
import { contextOf, KEYS, KINDS, NUMBERS, refusedContext, TEXTS, TIMES, VERSIONS } from './contexts.ts'
import {
  clauseOf,
  rolloutOf,
  inSegment,
  targets,
  nested,
  malformed,
  ruled,
  operator,
  flagOf,
  manyKeys,
  REFERENCES,
  MALFORMED_REFERENCES,
  LITERALS,
} from './make.ts'
import type { Feature, Item, Json } from './make.ts'

export const FEATURES: Readonly<Record<string, Feature>> = {
  'flags that are off, and off variations that are null': {
    make: (choice) => ({ flags: [flagOf({ on: false, offVariation: choice.pick([0, 1, 2, null]) })] }),
  },
  'variations of each type': {
    make: (choice) => {
      const variations: readonly Json[] = choice.pick<readonly Json[]>([
        [true, false],
        [1, 2.5, -7],
        ['a', '', 'c'],
        [{ a: [1, null] }, {}, { b: { c: true } }],
      ])
      const rules = [
        { id: 'r', clauses: [clauseOf(choice, 'country', 'in', TEXTS)], variation: variations.length - 1 },
      ]
      return { flags: [flagOf({ variations, offVariation: 0, fallthrough: { variation: 1 }, rules })] }
    },
  },
  'targets of users': { make: (choice) => ({ flags: [flagOf({ targets: targets(choice) })] }) },
  'targets of several kinds of contexts': {
    make: (choice) => {
      const contextTargets = [0, 1, 2, 1].map((variation) => ({
        variation,
        values: choice.some(KEYS),
        ...(choice.chance(0.7) ? { contextKind: choice.pick(KINDS) } : {}),
      }))
      return { flags: [flagOf({ targets: targets(choice), contextTargets })] }
    },
  },
  'the operator in': operator('country', ['in'], [...TEXTS, ...NUMBERS, null, {}]),
  'the operators startsWith, endsWith and contains': operator(
    'country',
    ['startsWith', 'endsWith', 'contains'],
    TEXTS,
  ),
  'the operator matches': operator(
    'country',
    ['matches'],
    ['^al', 'a$', '[a-f]+i', '(', 'b|f', '\\d', '^$', '(?i)fi', 'x{2,1}'],
  ),
  'the operators lessThan, lessThanOrEqual, greaterThan and greaterThanOrEqual': operator(
    'age',
    ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'],
    NUMBERS,
  ),
  'the operators before and after': operator(
    'since',
    ['before', 'after'],
    [...TIMES, ...NUMBERS.filter(Number.isInteger)],
  ),
  'the operators semVerEqual, semVerLessThan and semVerGreaterThan': operator(
    'version',
    ['semVerEqual', 'semVerLessThan', 'semVerGreaterThan'],
    VERSIONS,
  ),
  'operators that nobody knows': operator('country', ['isBetterThan', 'IN', ''], TEXTS),
  'clauses that are negated': {
    make: (choice) => {
      const negated = (attribute: string, op: string, values: readonly Json[]): Item => ({
        ...clauseOf(choice, attribute, op, values),
        negate: true,
      })
      return ruled([
        choice.pick([
          negated('country', 'in', TEXTS),
          negated('age', 'lessThan', NUMBERS),
          negated('tags', 'contains', TEXTS),
          negated('nothing', 'in', TEXTS),
        ]),
      ])
    },
  },
  'attributes that are lists': {
    make: (choice) => {
      const op = choice.pick(['in', 'startsWith', 'contains', 'lessThan', 'semVerEqual', 'matches'])
      const values: readonly Json[] = { lessThan: NUMBERS, semVerEqual: VERSIONS }[op] ?? [
        ...TEXTS.filter((it) => it !== ''),
        7,
      ]
      return ruled([clauseOf(choice, 'tags', op, values)])
    },
  },
  'attribute references, and malformed ones': {
    make: (choice) => {
      const attribute = choice.pick([...REFERENCES, ...REFERENCES, ...MALFORMED_REFERENCES])
      return ruled([{ ...clauseOf(choice, attribute, 'in', TEXTS), contextKind: choice.pick(KINDS) }])
    },
  },
  'attributes named without a kind, which are no references': {
    make: (choice) => ruled([{ attribute: choice.pick(LITERALS), op: 'in', values: choice.some(TEXTS) }]),
  },
  'the attributes key, kind, name and anonymous': {
    make: (choice) => {
      const values: readonly Json[] = [...KEYS, ...KINDS, 'Ada', true, false]
      const attribute = choice.pick([
        'key',
        '/key',
        'kind',
        '/kind',
        'name',
        'anonymous',
        '/anonymous',
        'targetingKey',
        'privateAttributes',
        '/name/x',
        '/kind/x',
      ])
      return ruled([clauseOf(choice, attribute, 'in', values)])
    },
  },
  'contexts of several kinds': {
    make: (choice) =>
      ruled(
        KINDS.filter(() => choice.chance(0.6)).map((contextKind) => ({
          attribute: choice.pick(['key', 'country', 'anonymous']),
          op: 'in',
          values: [...choice.some(KEYS), ...choice.some(TEXTS), true],
          contextKind,
          negate: choice.chance(0.3),
        })),
      ),
  },
  'contexts that LaunchDarkly refuses': {
    make: (choice) =>
      ruled([clauseOf(choice, choice.pick(['country', 'key', 'kind', 'tags']), 'in', [...TEXTS, ...KEYS])]),
    context: (choice) => (choice.chance(0.8) ? refusedContext(choice) : contextOf(choice)),
  },
  'rules in order, with several clauses or none': {
    make: (choice) => {
      const rules = Array.from({ length: 1 + choice.below(4) }, (_, index) => ({
        id: `r${index}`,
        clauses: Array.from({ length: choice.below(3) }, () =>
          clauseOf(choice, choice.pick(['country', 'age', 'key']), 'in', [...TEXTS, ...NUMBERS, ...KEYS]),
        ),
        variation: choice.below(3),
      }))
      return {
        flags: [flagOf({ rules: choice.chance(0.2) ? [{ id: 'none', variation: 1 }, ...rules] : rules })],
      }
    },
  },
  'percentage rollouts, in rules and fallthrough': {
    make: (choice) => {
      const rules = [
        { id: 'r', clauses: [clauseOf(choice, 'country', 'in', TEXTS)], rollout: rolloutOf(choice) },
      ]
      return {
        flags: [
          flagOf({
            salt: choice.pick(['', 'pepper', 'süß', null]),
            rules,
            fallthrough: { rollout: rolloutOf(choice) },
          }),
        ],
      }
    },
    context: manyKeys,
  },
  'rollouts whose weights do not add up': {
    make: (choice) => {
      const weights = [choice.below(60_000), choice.below(60_000), choice.pick([0, choice.below(60_000)])]
      const variations = weights.map((weight, variation) => ({ variation, weight }))
      return { flags: [flagOf({ fallthrough: { rollout: { variations } } })] }
    },
    context: manyKeys,
  },
  'rollouts by attributes and kinds of contexts': {
    make: (choice) => {
      const bucketBy = choice.pick([
        'country',
        'age',
        'score',
        'key',
        '/address/street',
        'tags',
        'kind',
        'nothing',
        'name',
        'anonymous',
      ])
      const of = choice.chance(0.6) ? { contextKind: choice.pick(KINDS) } : {}
      return { flags: [flagOf({ fallthrough: { rollout: rolloutOf(choice, { bucketBy, ...of }) } })] }
    },
    context: manyKeys,
  },
  'experiments with seeds and untracked variations': {
    make: (choice) => {
      const more = {
        kind: choice.pick(['experiment', 'rollout']),
        seed: choice.pick<Json>([1, 61, 0, 123_456_789, null]),
        ...(choice.chance(0.5) ? { contextKind: choice.pick(KINDS) } : {}),
        ...(choice.chance(0.4) ? { bucketBy: 'country' } : {}),
      }
      const rollout = rolloutOf(choice, more)
      const variations = (rollout['variations'] as readonly Item[]).map((it) => ({
        ...it,
        untracked: choice.chance(0.3),
      }))
      return { flags: [flagOf({ fallthrough: { rollout: { ...rollout, variations } } })] }
    },
    context: manyKeys,
  },
  'prerequisites: met, failing, off, of other flags, missing': {
    make: (choice) => {
      const clauses = [clauseOf(choice, 'country', 'in', TEXTS)]
      const asks = (key: string): Item => ({ key, variation: choice.pick([0, 1, 2, 7]) })
      const last = flagOf({
        key: 'c',
        on: choice.chance(0.7),
        offVariation: choice.pick([0, 1, null]),
        rules: [{ id: 'r', clauses, variation: 1 }],
      })
      const middle = flagOf({
        key: 'b',
        on: choice.chance(0.8),
        offVariation: choice.pick([1, null]),
        prerequisites: [asks('c')],
      })
      const wanted = choice.pick([
        [asks('b')],
        [asks('c')],
        [asks('b'), asks('c')],
        [asks('gone')],
        [asks('c'), asks('gone'), asks('b')],
      ])
      const rules = [{ id: 'r', clauses, variation: 1 }]
      return {
        flags: [
          flagOf({ key: 'a', offVariation: choice.pick([2, null]), prerequisites: wanted, rules }),
          middle,
          last,
        ],
      }
    },
  },
  'prerequisites that cannot be evaluated, and those in a circle': {
    make: (choice) => {
      const rules = [{ id: 'r', clauses: [clauseOf(choice, 'country', 'in', TEXTS)], variation: 9 }]
      const asks = (key: string): Item => ({ prerequisites: [{ key, variation: choice.below(3) }] })
      const alone = flagOf({ key: 'a', ...asks('b') })
      return {
        flags: choice.pick([
          [alone, flagOf({ key: 'b', rules })],
          [alone, flagOf({ key: 'b', ...asks('a') })],
          [alone, flagOf({ key: 'b', ...asks('c') }), flagOf({ key: 'c', ...asks('b') })],
          [flagOf({ key: 'a', ...asks('a') }), flagOf({ key: 'b', ...asks('a') })],
          [alone, flagOf({ key: 'b', on: false, ...asks('a') })],
        ]),
      }
    },
  },
  'segments by included and excluded keys, of users and of kinds': {
    make: (choice) => {
      const lists = (): Json =>
        KINDS.filter(() => choice.chance(0.5)).map((contextKind) => ({
          contextKind,
          values: choice.some(KEYS),
        }))
      const segment = {
        key: 's',
        included: choice.some(KEYS),
        excluded: choice.some(KEYS),
        includedContexts: lists(),
        excludedContexts: lists(),
        rules: choice.chance(0.5) ? [{ clauses: [] }] : [],
        salt: 's',
      }
      return inSegment([segment], { negate: choice.chance(0.3) })
    },
  },
  'segments by rules, several of them, and those that are not there': {
    make: (choice) => {
      const segments = ['s', 't'].map((key) => ({
        key,
        rules: Array.from({ length: choice.below(3) }, () => ({
          clauses: [
            clauseOf(choice, 'country', 'in', TEXTS),
            clauseOf(choice, 'age', 'lessThan', NUMBERS),
          ].slice(choice.below(2)),
        })),
        salt: 's',
      }))
      const values = choice.pick<readonly Json[]>([['s'], ['s', 't'], ['gone', 't'], ['gone'], []])
      return {
        ...inSegment(segments, { negate: choice.chance(0.3) }),
        ...ruled([{ attribute: 'x', op: 'segmentMatch', values, negate: choice.chance(0.3) }]),
        segments,
      }
    },
  },
  'segments in segments': {
    make: (choice) => inSegment(nested(choice, false), { negate: choice.chance(0.3) }),
  },
  'segments in a circle': {
    make: (choice) => inSegment(nested(choice, true), { negate: choice.chance(0.3) }),
  },
  'segments for a share of keys, by attributes and kinds of contexts': {
    make: (choice) => {
      const rule = {
        clauses: choice.chance(0.4) ? [clauseOf(choice, 'country', 'in', TEXTS)] : [],
        weight: choice.pick<Json>([0, 100_000, choice.below(100_000), choice.below(100_000), null]),
        ...(choice.chance(0.5) ? { rolloutContextKind: choice.pick(KINDS) } : {}),
        ...(choice.chance(0.5)
          ? { bucketBy: choice.pick(['country', 'score', '/address/street', '/a//b', 'nothing']) }
          : {}),
      }
      return inSegment([{ key: 's', rules: [rule], salt: choice.pick(['', 'salt']) }], {
        negate: choice.chance(0.2),
      })
    },
    context: manyKeys,
  },
  'segments with malformed clauses': {
    make: (choice) => {
      const broken = {
        attribute: choice.pick(MALFORMED_REFERENCES),
        op: 'in',
        values: ['x'],
        contextKind: 'user',
      }
      const own = clauseOf(choice, 'country', 'in', TEXTS)
      const rules = [{ clauses: choice.pick([[own, broken], [broken, own], [broken]]) }, { clauses: [own] }]
      return inSegment([
        { key: 's', included: choice.some(KEYS), excluded: choice.some(KEYS), rules, salt: 's' },
      ])
    },
  },
  'flags that are malformed': { make: malformed, times: 60 },
}
