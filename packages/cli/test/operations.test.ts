/** Whatever the API can do, the command line can: each operation has a verb, or a reason why it has none. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { operations } from '@flagmarshal/api/operations'
import type { OperationId } from '@flagmarshal/api/operations'
import { expect, it } from 'vitest'

const MACHINES = 'applications speak it by themselves, through an SDK'
const BROWSERS = 'signing in with a password is for browsers; the command line has tokens'
const PROVIDER = 'a browser goes to the provider and comes back'
const SENDERS = 'other systems send it, signed'

/** What no person would type. */
const WITHOUT_VERB: Readonly<Partial<Record<OperationId, string>>> = {
  getHealth: 'for supervisors of processes; `ready` says more',
  getMetrics: 'for Prometheus',
  getOpenApi: 'for generators; openapi.json is in the repository too',
  confirmRollback: 'for Flagger, which takes its success for yes; `rollout status` says the same and more',
  confirmGate: 'for Flagger and Argo Rollouts; `gate check` says the same and more',
  getSnapshot: MACHINES,
  getFlagdDefinition: 'flagd asks for it by itself; `export` has the same with its report',
  createManifestFlag: 'the OpenFeature CLI pushes it; `flag create` makes one here',
  changeManifestFlag: 'the OpenFeature CLI pushes it; `flag edit` changes one here',
  archiveManifestFlag: 'the OpenFeature CLI deletes it; `flag archive` does it here',
  getManifest: 'the OpenFeature CLI asks for it; `export --format manifest` has the same',
  streamSnapshot: MACHINES,
  acknowledgeRevision: MACHINES,
  sendTelemetry: MACHINES,
  sendExposures: MACHINES,
  getUnleashFeatures: 'SDKs of Unleash ask for it; `unleash check` says what is not in it',
  registerUnleashClient: MACHINES,
  sendUnleashMetrics: MACHINES,
  getUnleashToggles: MACHINES,
  evaluateUnleashToggles: MACHINES,
  sendUnleashFrontendMetrics: MACHINES,
  followAsEdge: MACHINES,
  relayFromEdge: MACHINES,
  answerFromEdge: MACHINES,
  listOwnInstances: 'with the key of an application; `instance list` has the same for people',
  evaluateFlags: 'the evaluation of OFREP; `flag explain` evaluates and says why',
  followEvaluations: MACHINES,
  evaluateFlag: 'the evaluation of OFREP; `flag explain` evaluates and says why',
  answerVerification: MACHINES,
  followRollout: 'a stream; `rollout status --watch` follows it',
  showSetUp: BROWSERS,
  setUp: BROWSERS,
  signIn: BROWSERS,
  signOut: BROWSERS,
  changePassword: BROWSERS,
  readInvitation: BROWSERS,
  acceptInvitation: BROWSERS,
  askForReset: BROWSERS,
  enrolSecondFactor: BROWSERS,
  confirmSecondFactor: BROWSERS,
  removeSecondFactor: BROWSERS,
  beginSignIn: PROVIDER,
  finishSignIn: PROVIDER,
  beginProof: PROVIDER,
  beginConnection: PROVIDER,
  createBrowserCode: BROWSERS,
  createOwnToken: 'made in a session only, so that a token makes no other one',
  receiveEvent: SENDERS,
  receiveAlerts: SENDERS,
  receiveReport: SENDERS,
}

const source = globSync(path.resolve(import.meta.dirname, '../src/*.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

it('every operation of the API has a verb', () => {
  const missing = Object.keys(operations).filter(
    (id) => !Object.hasOwn(WITHOUT_VERB, id) && !source.includes(`'${id}'`),
  )
  expect(missing).toEqual([])
})

it('and what is said to have none has none', () => {
  expect(Object.keys(WITHOUT_VERB).filter((id) => source.includes(`'${id}'`))).toEqual([])
})
