/**
 * A configuration or a segment part by part, each with what is compared and what is shown: what
 * differences are made of. Rules are told apart by their ids, not by their places.
 */
import { canonical } from '../audit/canonical.ts'
import type { ServedConfig } from './edit.ts'
import type { Members } from './membership.ts'
import { conditionWords, prerequisiteWords, ruleWords, serveWords } from './words.ts'

/** One part that can differ. */
export interface Part {
  readonly label: string
  /** What is compared. */
  readonly content: string
  /** What is shown. */
  readonly text: string
}

/** By place, in the order in which they are read. */
export type Parts = ReadonlyMap<string, Part>

/** The parts of a configuration. */
export function configParts(config: ServedConfig): Parts {
  const { enabled, offVariant, prerequisites = [], rules, fallthrough } = config
  const names = rules.map((it) => it.name)
  return new Map<string, Part>([
    ['enabled', partOf('State', enabled, enabled ? 'on' : 'off')],
    ['offVariant', partOf('Off variant', offVariant, offVariant)],
    ['prerequisites', partOf('Prerequisites', prerequisites, prerequisiteWords(prerequisites))],
    ...rules.map((it): [string, Part] => [it.id, partOf(`Rule “${it.name}”`, it, ruleWords(it))]),
    [
      'order',
      partOf('Order of the rules', rules.map((it) => it.id).join(' '), names.join(' → ') || 'no rules'),
    ],
    ['fallthrough', partOf('Otherwise', fallthrough, serveWords(fallthrough))],
  ])
}

/** The parts of a segment. */
export function memberParts({ when, include = [], exclude = [] }: Members): Parts {
  return new Map([
    ['when', partOf('Condition', when ?? null, when === undefined ? 'lists only' : conditionWords(when))],
    ['include', partOf('Included', include, keysWords(include))],
    ['exclude', partOf('Excluded', exclude, keysWords(exclude))],
  ])
}

/** Makes a part. */
export function partOf(label: string, content: unknown, text: string): Part {
  return { label, content: canonical(content), text }
}

/** Keys that are shown of a list. */
const SHOWN = 12

/** `3: ann, bob, cleo`. */
function keysWords(keys: readonly string[]): string {
  const more = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : ''
  return keys.length === 0 ? 'nobody' : `${keys.length}: ${keys.slice(0, SHOWN).join(', ')}${more}`
}
