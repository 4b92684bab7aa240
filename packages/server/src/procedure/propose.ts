/** What the system proposes for a step, each choice with its reason (P-S1-9, P-S3-9). Stores nothing. */
import type { StepProposal } from '@flagmarshal/api/plan-template'
import { proposeStrategy } from '@flagmarshal/domain/flag/propose'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { JsonObject, Run } from '@flagmarshal/domain/procedure/run'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { loadFacts } from './facts.ts'
import { jsonObject } from './json-object.ts'
import type { Loaded } from './load.ts'
import { planTemplateOf } from './plan-templates.ts'
import { seenRun } from './show-run.ts'
import type { StepKey } from './show-step.ts'

/** A strategy for step 1, a plan with its review for step 3. */
export async function proposeStep(
  context: Context,
  database: Database,
  key: StepKey,
  template: string,
): Promise<StepProposal | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  const { feature, run } = loaded
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: false })
  if (key.step === 1) return strategyFor(loaded, facts, context.now)
  if (key.step !== 3) {
    return refuse('nothing-to-propose', `Nothing is proposed for step ${key.step}.`, 'Ask for step 1 or 3.')
  }
  const chosen = await planTemplateOf(database.kysely, template)
  return chosen === undefined ? notFound('plan template', template) : planFrom(chosen, run, facts)
}

function strategyFor({ feature, run }: Loaded, facts: FlagRolloutFacts, now: Date): StepProposal {
  const { review } = facts.outputs.strategy
  const { tolerance, mode, codeLayers } = facts.inputs
  const { strategy, reasons } = proposeStrategy({
    layers: codeLayers ?? feature.layers,
    owner: feature.team,
    now,
    ...(facts.flag === undefined ? {} : { kind: facts.flag.kind }),
    ...(mode === undefined ? {} : { required: mode }),
    ...(review === undefined ? {} : { riskLevel: review.riskLevel }),
    ...(tolerance === undefined ? {} : { maxExposedUsers: tolerance.maxExposedUsers }),
  })
  // What people have written stays; the proposal fills what is missing.
  const [present] = run.steps.map((it) => it.output)
  return { output: jsonObject({ ...strategy, ...present }), reasons: [...reasons] }
}

function planFrom(
  template: { readonly name: string; readonly plan: Record<string, unknown> },
  run: Run,
  facts: FlagRolloutFacts,
): StepProposal {
  const { flag, environments } = facts
  const environment = (environments.find((it) => it.protected) ?? environments[0])?.key
  const served = flag?.configurations.find((it) => it.environment === environment)?.flag
  const control = served?.offVariant
  const treatment = Object.keys(served?.variants ?? {}).find((it) => it !== control)
  const known = { environment, treatment, control }
  return {
    output: jsonObject({ review: reviewOf(run, facts, template.plan), plan: { ...template.plan, ...known } }),
    reasons: [
      { field: 'plan', because: `It begins with the template "${template.name}".` },
      { field: 'plan.control', because: 'Whoever is not exposed gets what the flag serves when it is off.' },
      { field: 'review', because: 'It says what the inputs say; complete it where they are silent.' },
    ],
  }
}

/** The requirements review (P-S3-9), from the inputs and the strategy. */
function reviewOf(run: Run, { outputs, inputs }: FlagRolloutFacts, plan: unknown): JsonObject {
  const value = (id: string): JsonObject => run.inputs[id]?.value ?? {}
  const { tolerance } = inputs
  const runbooks = value('P-I5')['references']
  const risk =
    tolerance === undefined
      ? 'P-I10 has not been given.'
      : `Errors up by at most ${tolerance.maxErrorRateIncrease} %, slow requests by ${tolerance.maxLatencyIncrease} %, ${tolerance.maxExposedUsers} users before a person looks.`
  return {
    business: `${businessOf(inputs, value('P-I9')['reason'])} Risk tolerance: ${risk}`,
    userImpact: `${outputs.strategy.review?.userImpact ?? 'The strategy does not say.'} ${reachOf(plan)}`,
    timeline: wishOf(inputs),
    openTestPoints: testsIn(run),
    runbooks: `${Array.isArray(runbooks) ? runbooks.length : 0} runbooks are named in P-I5.`,
  }
}

/** What the test results of P-I3 amount to. */
function testsIn(run: Run): string {
  const results = (run.inputs['P-I3']?.sightings ?? []).flatMap(({ tests }) =>
    tests === undefined || 'unreadable' in tests ? [] : [tests],
  )
  if (results.length === 0) return 'P-I3 has not been given.'
  const sum = (of: 'total' | 'passed' | 'skipped') => results.reduce((all, it) => all + it[of], 0)
  return `${sum('passed')} of ${sum('total')} tests passed, ${sum('skipped')} were skipped.`
}

function businessOf({ mode }: FlagRolloutFacts['inputs'], reason: unknown): string {
  if (mode === undefined || typeof reason !== 'string') return 'P-I9 has not been given.'
  return `${mode === 'gradual' ? 'A gradual' : 'An immediate'} rollout: ${reason}`
}

function wishOf({ earliestStart, deadline }: FlagRolloutFacts['inputs']): string {
  const wishes = [
    ...(earliestStart === undefined ? [] : [`It is to start ${earliestStart} or later.`]),
    ...(deadline === undefined ? [] : [`It is to be complete by ${deadline}.`]),
  ]
  return wishes.length === 0 ? 'No wish for start or deadline has been recorded.' : wishes.join(' ')
}

/** Whom each stage exposes, of its own audience. */
function reachOf(plan: unknown): string {
  const known = Reach.safeParse(plan)
  if (!known.success) return ''
  const stages = known.data.stages.map(
    ({ name, audience, increments }) => `${name}: ${increments.join(', ')} % of ${audience.id}`,
  )
  return `Exposed are, by stage: ${stages.join('; ')}.`
}

const Reach = z.object({
  stages: z.array(
    z.object({
      name: z.string(),
      audience: z.object({ id: z.string() }).default({ id: 'everybody' }),
      increments: z.array(z.number()),
    }),
  ),
})
