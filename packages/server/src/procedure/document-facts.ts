/**
 * What the documents of a run are made from, and everything that its checks look at.
 */
import { baselineOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/baseline'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { collectFacts, SHOWN_STEPS } from '@flagmarshal/domain/runbook/collect'
import type { DocumentFacts } from '@flagmarshal/domain/runbook/facts'
import { z } from 'zod'

import type { Queries } from '../storage/database.ts'
import { selectEvidenceOfRun } from '../storage/evidence.ts'
import { loadFacts } from './facts.ts'
import type { Loaded } from './load.ts'
import { loadWholePublished, publishedFacts } from './published.ts'

const Content = z.record(z.string(), z.json())

/** The facts of the run's documents as they are now. */
export async function loadDocumentFacts(
  queries: Queries,
  { feature, run, setting }: Loaded,
  facts: FlagRolloutFacts,
): Promise<DocumentFacts> {
  const kept = await selectEvidenceOfRun(queries, run.id, SHOWN_STEPS)
  const { key, name, team, ticket, stakeholders, flag } = feature
  return collectFacts(setting, run, {
    feature: { key, name, team, ticket, stakeholders, flag },
    environments: facts.environments.map((it) => ({ key: it.key, protected: it.protected })),
    baseline: baselineOf(facts.flag, facts.environments),
    evidence: kept.map(({ hash, kind, step, by, content }) => ({
      hash,
      kind,
      step,
      by,
      content: Content.parse(content),
    })),
  })
}

/** Everything that checks look at: member lists and documents too. */
export async function loadCheckFacts(queries: Queries, loaded: Loaded, now: Date): Promise<FlagRolloutFacts> {
  const { feature, run } = loaded
  const facts = await loadFacts(queries, feature, run, { now, members: true })
  const published = await loadWholePublished(queries, run.id)
  return {
    ...facts,
    documents: {
      now: await loadDocumentFacts(queries, loaded, facts),
      ...(published === undefined
        ? {}
        : { published: { ...publishedFacts(published), facts: published.facts } }),
    },
  }
}
