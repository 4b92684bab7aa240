/**
 * The facts that inputs and checks of the feature-flag rollout procedure are judged by: what the run
 * has recorded, and the flag system as it is now.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import { baselineOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/baseline'
import type {
  EnvironmentFacts,
  FlagFacts,
  FlagRolloutFacts,
  InputFacts,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { Outputs } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import type { JsonObject, Run } from '@flagmarshal/domain/procedure/run'
import type { Flag, Layer } from '@flagmarshal/evaluation'

import { sha256 } from '../id.ts'
import { engines } from '../json-logic.ts'
import type { Queries } from '../storage/database.ts'
import { selectFlag, selectFlagConfigs } from '../storage/flags.ts'
import type { FlagConfigRow, FlagRow } from '../storage/flags.ts'
import { countServerKeys, selectSegmentsEverywhere } from '../storage/procedures.ts'
import type { FeatureRow, SegmentEverywhere } from '../storage/procedures.ts'
import { selectEnvironments } from '../storage/projects.ts'
import {
  selectCodeReferences,
  selectFlagKeys,
  selectUpload,
  selectUploads,
  selectWritable,
} from '../storage/references.ts'
import { selectTicketUpdate } from '../storage/ticket-updates.ts'
import { loadConnected, loadExercises } from './exercise-facts.ts'
import { loadPublished, publishedFacts } from './published.ts'
import { loadSurroundings } from './rollback-surroundings.ts'

/** What to load. Member lists, code references and test results are needed by the checks alone. */
export interface FactsWanted {
  readonly now: Date
  /** Whether to load these too. */
  readonly members: boolean
}

/** The step whose subject is the flag, and so its baseline. */
export const FLAG_STEP = 2

/** The step whose outcome are the published documents. */
export const DOCUMENT_STEP = 6

/** Loads the facts for a run. */
export async function loadFacts(
  queries: Queries,
  feature: FeatureRow,
  run: Run,
  { now, members }: FactsWanted,
): Promise<FlagRolloutFacts> {
  const { project } = feature
  const published = await loadPublished(queries, run.id)
  const segments = await selectSegmentsEverywhere(queries, project, members)
  const flag = await selectFlag(queries, project, feature.flag)
  const configs = flag === undefined ? [] : await selectFlagConfigs(queries, project, flag.key)
  const facts = {
    outputs: outputsOf(run),
    inputs: inputsOf(run),
    environments: (await selectEnvironments(queries, project)).map((it) => ({
      key: it.key,
      protected: it.protected,
      segments: segments.filter((one) => one.environment === it.key).map(segmentOf),
    })),
    engines,
    serverKeys: await countServerKeys(queries, project, now),
    documents: published === undefined ? {} : { published: publishedFacts(published) },
    ...(run.request === undefined
      ? {}
      : { ticket: await selectTicketUpdate(queries, project, run.id, run.request.bundleHash) }),
    writable: await selectWritable(queries),
    code: members ? await codeOf(queries, project) : { all: [], flags: [] },
    tests: members ? await testsOf(queries, project, run) : {},
    ...(flag === undefined ? {} : { flag: flagFactsOf(flag, configs) }),
  }
  return members
    ? {
        ...facts,
        exercises: await loadExercises(queries, { project, run: run.id, now }, facts),
        rollback: await loadSurroundings(queries, project, facts.outputs),
        logs: await logsOf(queries, project, run),
        connected: await loadConnected(queries, project, facts.outputs.plan.plan?.environment),
      }
    : facts
}

async function codeOf(queries: Queries, project: string): Promise<FlagRolloutFacts['code']> {
  const all = (await selectCodeReferences(queries, project)).map(({ flag, repository, commit, refs }) => ({
    flag,
    repository,
    commit,
    refs,
  }))
  return { all, flags: await selectFlagKeys(queries, project) }
}

/** The test results that the outputs name. */
async function testsOf(queries: Queries, project: string, run: Run): Promise<FlagRolloutFacts['tests']> {
  const named = Object.values(outputsOf(run).flags.existingTests ?? {})
  const uploads = await selectUploads(queries, project, named)
  return Object.fromEntries(uploads.flatMap(({ hash, tests }) => (tests === null ? [] : [[hash, tests]])))
}

/** How many lines the upload has that step 4 names as what the log query returned. */
async function logsOf(
  queries: Queries,
  project: string,
  run: Run,
): Promise<NonNullable<FlagRolloutFacts['logs']>> {
  const named = outputsOf(run).monitoring.review?.logQuery
  if (named === undefined || !('returned' in named)) return {}
  const upload = await selectUpload(queries, project, named.returned)
  if (upload === undefined) return {}
  const lines = upload.content.toString('utf8').split('\n')
  return { [named.returned]: lines.filter((it) => it.trim() !== '').length }
}

/** The baselines in the bundle, by step number. */
export function baselinesOf(facts: FlagRolloutFacts): Readonly<Record<string, JsonObject>> {
  return {
    [FLAG_STEP]: baselineOf(facts.flag, facts.environments),
    [DOCUMENT_STEP]: { documents: facts.documents.published?.documents ?? {} },
  }
}

/** What each baseline hashes to, by step number: the run notices when one becomes something else. */
export function baselineHashes(facts: FlagRolloutFacts): readonly (readonly [number, string])[] {
  return Object.entries(baselinesOf(facts)).map(([step, it]) => [Number(step), sha256(canonical(it))])
}

/** What everything that checks look at hashes to: whether it is still what they saw. */
export function factsHash(facts: FlagRolloutFacts): string {
  const { engines: _, ...looked } = facts
  const json: Json = JSON.parse(JSON.stringify(looked))
  return sha256(canonical(json))
}

/** The outputs by step, typed: each was parsed with its step's schema before it was stored. */
export function outputsOf(run: Run): Outputs {
  const [strategy, flags, plan, monitoring, rollback, documents] = run.steps.map((it) => it.output)
  return { strategy, flags, plan, monitoring, rollback, documents } as unknown as Outputs
}

function inputsOf(run: Run): InputFacts {
  // Each value was parsed with its input's schema before it was stored.
  const value = (id: string) => (run.inputs[id]?.verdict.ok === true ? run.inputs[id].value : undefined)
  const code = value('P-I2') as { layers: { layer: Layer }[] } | undefined
  const required = value('P-I9') as
    | (Pick<InputFacts, 'earliestStart' | 'deadline'> & {
        mode: 'gradual' | 'immediate'
      })
    | undefined
  const runbooks = value('P-I5') as { references: unknown[] } | undefined
  const tolerance = value('P-I10') as InputFacts['tolerance'] | undefined
  const deployment = value('P-I12') as { previousVersion: string } | undefined
  return {
    ...(code === undefined ? {} : { codeLayers: code.layers.map((it) => it.layer) }),
    ...(required === undefined ? {} : wishesOf(required)),
    ...(runbooks === undefined ? {} : { runbooks: runbooks.references.length }),
    ...skippedTestsOf(run),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(deployment === undefined ? {} : { previousVersion: deployment.previousVersion }),
  }
}

function wishesOf({
  mode,
  earliestStart,
  deadline,
}: Pick<InputFacts, 'mode' | 'earliestStart' | 'deadline'>) {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(earliestStart === undefined ? {} : { earliestStart }),
    ...(deadline === undefined ? {} : { deadline }),
  }
}

/** Open points of the test results. */
function skippedTestsOf(run: Run): Pick<InputFacts, 'skippedTests'> {
  const results = (run.inputs['P-I3']?.sightings ?? []).flatMap(({ tests }) =>
    tests === undefined || 'unreadable' in tests ? [] : [tests],
  )
  return results.length === 0 ? {} : { skippedTests: results.reduce((sum, it) => sum + it.skipped, 0) }
}

function segmentOf({
  segment,
  condition,
  include,
  exclude,
}: SegmentEverywhere): EnvironmentFacts['segments'][number] {
  return {
    key: segment,
    ...(condition === null ? {} : { when: condition }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  }
}

function flagFactsOf(row: FlagRow, configs: readonly FlagConfigRow[]): FlagFacts {
  const { key, kind, value_type: valueType, variants, layers, owner } = row
  return {
    key,
    kind,
    layers,
    owner,
    configurations: configs.map((it): FlagFacts['configurations'][number] => {
      const { enabled, off_variant: offVariant, rules, fallthrough } = it
      const flag: Flag = { key, kind, valueType, variants, enabled, offVariant, rules, fallthrough }
      return { environment: it.environment, flag, prerequisites: it.prerequisites }
    }),
  }
}
