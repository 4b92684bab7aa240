/**
 * Environments over time: one more, given up, taken back. A new one starts with every flag off; one that
 * is given up has its flags off and its keys revoked, and comes back so.
 */
import type { NewEnvironment, Project } from '@flagmarshal/api/project'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { revoke, selectKeys } from '../storage/access.ts'
import type { Database, Tx } from '../storage/database.ts'
import {
  fillEnvironment,
  isRollingOut,
  lockEnvironments,
  turnAllOff,
  updateEnvironmentArchived,
} from '../storage/environments.ts'
import { bumpRevision } from '../storage/flags.ts'
import { insertEnvironments, selectEnvironments, selectProject } from '../storage/projects.ts'
import { projectView } from './view.ts'

/** The most environments of a project, archived ones included. */
const MOST = 40

/** Adds one, at the end of the list. */
export async function addEnvironment(
  context: Context,
  database: Database,
  project: string,
  input: NewEnvironment,
): Promise<Project | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const known = await lockEnvironments(tx, project)
    if (known.some((it) => it.key === input.key)) return keyTaken('environment', input.key)
    if (known.length >= MOST)
      return refuse('too-many', `A project has at most ${MOST} environments.`, 'Use one that there is.')
    const position = Math.max(...known.map((it) => it.position), -1) + 1
    await insertEnvironments(tx, [{ ...input, project, position, created_at: context.now }])
    await fill(tx, context, project, input.key)
    return await done(tx, context, {
      project,
      environment: input.key,
      action: 'environment.create',
      after: input,
    })
  })
}

/** Gives one up: its flags are off, its keys revoked. Refuses the last one, and one with a rollout under way. */
export async function archiveEnvironment(
  context: Context,
  database: Database,
  project: string,
  key: string,
): Promise<Project | Refusal> {
  return await database.transaction(async (tx) => {
    const known = (await lockEnvironments(tx, project)).filter((it) => it.archived_at === null)
    if (!known.some((it) => it.key === key)) return notFound('environment', key)
    if (known.length === 1) {
      return refuse(
        'last-environment',
        `${key} is the last environment of ${project}.`,
        'Add another one first.',
      )
    }
    if (await isRollingOut(tx, project, key)) {
      return refuse('rollout-running', `A rollout is under way in ${key}.`, 'Let it end, or roll it back.')
    }
    const revision = await bumpRevision(tx, project, key)
    const off = await turnAllOff(tx, {
      project,
      environment: key,
      revision,
      at: context.now,
      by: context.actor.id,
    })
    await updateEnvironmentArchived(tx, project, key, context.now)
    const keys = (await selectKeys(tx, project)).filter((it) => it.environment === key)
    for (const { id } of keys) await revoke(tx, id, project, context.now)
    const after = { flagsTurnedOff: off, keysRevoked: keys.map(({ id }) => id) }
    return await done(tx, context, { project, environment: key, action: 'environment.archive', after })
  })
}

/** Takes one back: every flag is off, also those made meanwhile; its keys are made anew. */
export async function restoreEnvironment(
  context: Context,
  database: Database,
  project: string,
  key: string,
): Promise<Project | Refusal> {
  return await database.transaction(async (tx) => {
    const row = (await lockEnvironments(tx, project)).find((it) => it.key === key)
    if (row === undefined) return notFound('environment', key)
    if (row.archived_at === null) {
      return refuse('not-archived', `${key} is not archived.`, 'There is nothing to restore.')
    }
    await updateEnvironmentArchived(tx, project, key, null)
    await fill(tx, context, project, key)
    return await done(tx, context, { project, environment: key, action: 'environment.restore', after: {} })
  })
}

/** A configuration, off, for each flag and segment that has none there. */
async function fill(tx: Tx, context: Context, project: string, environment: string): Promise<void> {
  const revision = await bumpRevision(tx, project, environment)
  await fillEnvironment(tx, { project, environment, revision, at: context.now, by: context.actor.id })
}

async function done(
  tx: Tx,
  context: Context,
  it: {
    readonly project: string
    readonly environment: string
    readonly action: string
    readonly after: object
  },
): Promise<Project | Refusal> {
  const { project, environment, action, after } = it
  await record(tx, context, {
    chain: { project },
    action,
    subject: { kind: 'environment', id: environment },
    after,
  })
  const row = await selectProject(tx, project)
  if (row === undefined) return notFound('project', project)
  return projectView(row, await selectEnvironments(tx, project))
}
