/**
 * Gathering what documents are made from: the run, the feature, the flag's baseline, and the
 * evidence that its Gos used.
 */
import type { JsonObject, Run, Setting } from '../procedure/run.ts'
import { presentAttempt, stepOf } from '../procedure/standing.ts'
import type { DecisionFact, DocumentFacts, EvidenceFact } from './facts.ts'

/** What is known outside the run. */
export interface Surroundings {
  readonly feature: DocumentFacts['feature']
  readonly environments: DocumentFacts['environments']
  readonly baseline: JsonObject
  /** Kept evidence of the run; what no Go used is left out. */
  readonly evidence: readonly KeptEvidence[]
}

/** A piece of evidence as it is kept. */
export interface KeptEvidence {
  readonly hash: string
  readonly kind: string
  readonly step: number
  readonly by: string
  readonly content: JsonObject
}

/** The facts of a run's documents. */
export function collectFacts(setting: Setting, run: Run, around: Surroundings): DocumentFacts {
  const { definition, people, project } = setting
  const { review, content, authors } = run.workPlan
  const outcomes = run.steps.filter((it) => it.number < definition.steps.length)
  return {
    project,
    feature: around.feature,
    procedure: {
      id: definition.id,
      version: run.procedure.version,
      name: definition.name,
      owner: definition.owner,
      source: `${definition.source.document} ${definition.source.sha256}`,
      related: definition.related,
    },
    people,
    environments: around.environments,
    flag: around.baseline,
    outputs: Object.fromEntries(outcomes.map((it) => [stepOf(definition, it.number).id, it.output])),
    inputs: Object.fromEntries(
      Object.entries(run.inputs)
        .filter(([, it]) => it.verdict.ok)
        .map(([id, it]) => [id, it.value]),
    ),
    workPlan: {
      content,
      authors: [...authors].toSorted(),
      reviewer: review?.verdict === 'approved' ? review.by : '',
      reviewedOn: review?.verdict === 'approved' ? review.at.toISOString().slice(0, 10) : '',
      steps: definition.steps.map(({ number, title, inputs }) => ({ number, title, inputs })),
    },
    decisions: decisionsOf(setting, run),
    evidence: evidenceOf(setting, run, around.evidence),
  }
}

/** The steps whose evidence documents show: monitoring and rollback. */
export const SHOWN_STEPS: readonly number[] = [4, 5]

/** The documents are the outcome of this step: nothing decided from it on is in them. */
const DOCUMENTED_BY = 6

function decisionsOf({ definition }: Setting, run: Run): readonly DecisionFact[] {
  return run.steps
    .filter((it) => it.number < DOCUMENTED_BY && presentAttempt(it).outcome === 'go')
    .flatMap((record) =>
      presentAttempt(record).decisions.map(({ role, by, rationale, overrides }) => ({
        step: record.number,
        title: stepOf(definition, record.number).title,
        role,
        by,
        rationale,
        overrides: overrides.map(({ check, reason }) => ({ check, reason })),
      })),
    )
}

function evidenceOf(
  { definition }: Setting,
  run: Run,
  kept: readonly KeptEvidence[],
): readonly EvidenceFact[] {
  return run.steps
    .filter((it) => SHOWN_STEPS.includes(it.number) && presentAttempt(it).outcome === 'go')
    .flatMap((record) => {
      const used = new Set(presentAttempt(record).decisions.flatMap((it) => it.evidence))
      const titles = new Map(stepOf(definition, record.number).checks.map((it) => [it.id, it.title]))
      return kept
        .filter((it) => used.has(it.hash))
        .map(({ hash, kind, by, content }) => {
          const check = typeof content['check'] === 'string' ? content['check'] : ''
          return { step: record.number, check, title: titles.get(check) ?? '', hash, kind, by, content }
        })
        .toSorted((a, b) => (a.check + a.hash < b.check + b.hash ? -1 : 1))
    })
}
