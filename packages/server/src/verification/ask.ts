/** Asking connected SDKs what they make of the drafts of a flag (P-S2-4). */
import type { EnvironmentFound } from '@flagmarshal/domain/verification/model'
import { differences, verificationRequest } from '@flagmarshal/domain/verification/request'
import type { RequestFacts } from '@flagmarshal/domain/verification/request'
import type { FlagValue } from '@flagmarshal/evaluation'

import { newId } from '../id.ts'
import { engines } from '../json-logic.ts'
import { insertRequest, selectAnswers } from '../storage/verification-requests.ts'
import type { Exercise } from './exercises.ts'

/** How long instances have to answer. */
const ANSWER_MS = 5_000

/** Their answers and the defaults that their code gives, by instance. */
export interface Asked {
  readonly sdk: EnvironmentFound['sdk']
  readonly codeDefaults: ReadonlyMap<string, FlagValue>
}

/** Asks these instances and compares what they answer with the engine. */
export async function askInstances(
  exercise: Exercise,
  environment: string,
  instances: readonly string[],
  facts: Omit<RequestFacts, 'id'>,
): Promise<Asked> {
  const request = verificationRequest({ id: newId('ask'), ...facts })
  const sdk = { asked: instances, contexts: request.contexts.length }
  if (instances.length === 0) return { sdk: { ...sdk, answered: [], findings: [] }, codeDefaults: new Map() }

  const { database, row } = exercise
  await database.transaction((tx) =>
    insertRequest(tx, { project: row.project, environment, instances, request }),
  )
  const answered = async () => await selectAnswers(database.kysely, request.id)
  await exercise.until(async () => {
    const answers = await answered()
    return answers.length >= instances.length ? answers : undefined
  }, ANSWER_MS)

  const answers = await answered()
  const silent = instances.filter((id) => !answers.some((it) => it.instanceId === id))
  const findings = [
    ...answers.flatMap((it) => differences(request, it, engines)),
    ...silent.map((id) => `${id} did not answer within ${ANSWER_MS / 1000} s`),
  ]
  const told = answers.flatMap(({ instanceId, codeDefault }) =>
    codeDefault === undefined ? [] : [[instanceId, codeDefault] as const],
  )
  return {
    sdk: { ...sdk, answered: answers.map((it) => it.instanceId), findings },
    codeDefaults: new Map(told),
  }
}
