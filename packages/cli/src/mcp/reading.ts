/** Tools that only look. */
import { z } from 'zod'

import { usage } from '../failure.ts'
import { addressOf, Feature, runOf, standing, standingOf, StepNumber } from './run.ts'
import type { AddTool } from './tool.ts'
import { AsAnswered, reading } from './tool.ts'

const Flag = z.string().min(1).describe('Key of the flag.')

export const READING: readonly AddTool[] = [
  reading(
    'flagmarshal_next',
    {
      title: 'What comes next',
      description:
        'What blocks a feature, who must act, and the exact call to make: begin here, and come back after each act.',
      input: { feature: Feature },
      output: standing,
    },
    async (session, { feature }) =>
      standingOf(await session.call('showRun', { params: await addressOf(session, feature) })),
  ),
  reading(
    'flagmarshal_feature_get',
    {
      title: 'A feature and its run',
      description:
        'The feature, its people, and of its newest run the inputs, steps, reviews and approvals. With step: that step whole, with purpose, actions, fields of the output, checks and attempts.',
      input: { feature: Feature, step: StepNumber.optional() },
      output: {
        feature: AsAnswered,
        run: z.object(standing).nullable(),
        inputs: z.array(AsAnswered).optional(),
        steps: z.array(AsAnswered).optional(),
        reviews: z.array(AsAnswered).optional(),
        approvals: z.array(AsAnswered).optional(),
        workPlan: AsAnswered.optional(),
        step: AsAnswered.optional(),
      },
    },
    async (session, { feature, step }) => {
      const project = session.project()
      const found = await session.call('showFeature', { params: { project, feature } })
      if (found.latestRun === null) return { feature: { ...found }, run: null }
      const params = { project, run: found.latestRun.id }
      const run = await session.call('showRun', { params })
      const { inputs, steps, reviews, approvals, workPlan } = run
      if (step !== undefined) {
        const one = await session.call('showStep', { params: { ...params, step } })
        return { feature: { ...found }, run: standingOf(run), step: { ...one } }
      }
      return {
        feature: { ...found },
        run: standingOf(run),
        inputs: inputs.map((it) => ({ ...it })),
        steps: steps.map((it) => ({ ...it })),
        reviews: reviews.map((it) => ({ ...it })),
        approvals: approvals.map((it) => ({ ...it })),
        workPlan: { ...workPlan },
      }
    },
  ),
  reading(
    'flagmarshal_flag_explain',
    {
      title: 'Why somebody gets what',
      description: 'Evaluate a flag in one environment for one context, and say which rule decided.',
      input: {
        flag: Flag,
        environment: z.string().min(1),
        context: z
          .record(z.string(), z.json())
          .describe('Attributes; targetingKey is who it is, for percentages.'),
      },
      output: { explanation: AsAnswered },
    },
    async (session, { flag, environment, context }) => {
      const params = { project: session.project(), flag, environment }
      const explanation = await session.call('explainFlag', { params, body: { context } })
      return { explanation: { ...explanation } }
    },
  ),
  reading(
    'flagmarshal_rollout_status',
    {
      title: 'How a rollout goes',
      description:
        'Stage, exposure, verdicts with their arithmetic, why it holds: of one rollout, or of the newest of a feature.',
      input: { rollout: z.string().optional(), feature: Feature.optional() },
      output: { rollout: AsAnswered.nullable() },
    },
    async (session, { rollout, feature }) => {
      const project = session.project()
      if (rollout === undefined && feature === undefined)
        throw usage('Neither rollout nor feature is named.', 'Name one of them.')
      const query = feature === undefined ? {} : { feature }
      const id = rollout ?? (await session.call('listRollouts', { params: { project }, query })).items[0]?.id
      if (id === undefined) return { rollout: null }
      return { rollout: { ...(await session.call('showRollout', { params: { project, rollout: id } })) } }
    },
  ),
  reading(
    'flagmarshal_search',
    {
      title: 'Find features, flags and rollouts',
      description: 'By a part of key, name, owner or team; everything where the query is empty.',
      input: { query: z.string().default('') },
      output: {
        features: z.array(z.object({ key: z.string(), name: z.string(), flag: z.string() })),
        flags: z.array(z.object({ key: z.string(), name: z.string(), onIn: z.array(z.string()) })),
        rollouts: z.array(
          z.object({ id: z.string(), flag: z.string(), environment: z.string(), state: z.string() }),
        ),
      },
    },
    async (session, { query }) => {
      const params = { project: session.project() }
      const wanted = query.toLowerCase()
      const has = (...texts: readonly string[]) => texts.some((it) => it.toLowerCase().includes(wanted))
      const features = await session.call('listFeatures', { params })
      const flags = await session.call('listFlags', { params })
      const rollouts = await session.call('listRollouts', { params, query: {} })
      return {
        features: features.items
          .filter((it) => has(it.key, it.name, it.team, it.flag))
          .map(({ key, name, flag }) => ({ key, name, flag })),
        flags: flags.items
          .filter((it) => has(it.key, it.name, it.owner))
          .map(({ key, name, environments }) => ({
            key,
            name,
            onIn: environments.filter((it) => it.enabled).map((it) => it.environment),
          })),
        rollouts: rollouts.items
          .filter((it) => has(it.id, it.flag, it.feature))
          .map(({ id, flag, environment, state }) => ({ id, flag, environment, state })),
      }
    },
  ),
  reading(
    'flagmarshal_docs_read',
    {
      title: 'Read a document of a feature',
      description: 'One generated document as Markdown; without a name, which there are and how they stand.',
      input: { feature: Feature, document: z.string().optional() },
      output: { documents: AsAnswered.optional(), markdown: z.string().optional() },
    },
    async (session, { feature, document }) => {
      const params = { project: session.project(), run: await runOf(session, feature) }
      if (document === undefined)
        return { documents: { ...(await session.call('listDocuments', { params })) } }
      const at = { params: { ...params, document }, query: {} }
      return { markdown: await session.call('showDocument', at) }
    },
  ),
  reading(
    'flagmarshal_debt_list',
    {
      title: 'Flags that should be gone',
      description: 'Past their end, or left by an aborted run, the oldest first, each with its owner.',
      input: {},
      output: { debts: z.array(AsAnswered) },
    },
    async (session) => {
      const { items } = await session.call('listFlagDebt', { params: { project: session.project() } })
      return { debts: items.map((it) => ({ ...it })) }
    },
  ),
]
