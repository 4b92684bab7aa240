/**
 * Evidence as documents show it: what was seen or vouched for, by whom, and the hash under which it
 * is kept. Only what a Go used is shown; a newer run of the same check stands beside it in the store.
 */
import type { Json } from '../audit/canonical.ts'
import type { DocumentFacts, EvidenceFact } from './facts.ts'
import { isObject, linesAt, textAt, wordsOf } from './facts.ts'
import type { Block } from './tree.ts'
import { code, table } from './tree.ts'

/** The evidence of a step; an empty table while no Go has used any. */
export function evidenceBlocks({ evidence }: DocumentFacts, step: number): readonly Block[] {
  const rows = evidence
    .filter((it) => it.step === step)
    .map((it) => [
      `${it.check}, ${it.title}`,
      it.kind === 'attestation'
        ? `${it.by}: ${textAt(it.content, 'statement')}`
        : textAt(it.content, 'state'),
      figuresOf(it),
      code(it.hash.slice(0, 12)),
    ])
  return [table(['Check', 'Result', 'What was found', 'Evidence'], rows)]
}

function figuresOf({ kind, content }: EvidenceFact): string {
  if (kind === 'attestation') return textAt(content, 'reference')
  const found = linesAt(content, 'findings')
  return [...found, ...figures(content['facts'])].join('; ') || 'nothing to complain of'
}

function figures(facts: Json | undefined): readonly string[] {
  if (!isObject(facts)) return []
  return Object.entries(facts).map(([name, value]) => `${name}: ${wordsOf(value)}`)
}
