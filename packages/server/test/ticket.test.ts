/** P-S7-4, P-S7-6, P-S7-9: the ticket carries the approved plan, or the run is not completed. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { newFlag } from './support/flags.ts'
import { JIRA, startJira } from './support/jira.ts'
import { approvedRun, OUTPUTS, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { startReceiver } from './support/receiver.ts'
import { SECRET } from './support/signals.ts'

const clock = createTestClock()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ clock, settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
})
afterAll(() => server.close())

const ticket = { key: JIRA.issue, url: `https://jira.shop.example/browse/${JIRA.issue}` }

/** A project whose signals go to Jira. */
async function stageWithJira(project: string, site: string): Promise<Stage> {
  const stage = await setStage(server, project, undefined, ticket)
  const settings = { site, email: JIRA.email, transition: 'Ready for rollout' }
  const body = { key: 'jira', kind: 'jira' as const, settings, secret: JIRA.token, subscribes: [] }
  expectOk(await server.admin.call('createChannel', { params: { project }, body }))
  return stage
}

async function checkOf(stage: Stage, run: string) {
  const params = { project: stage.project, run, step: 7 }
  const { items } = expectOk(await stage.developer.client.call('showChecks', { params }))
  return items.find((it) => it.id === 'P-S7-4')
}

/** Schedules as soon as it is not refused because the ticket is still being updated. */
async function scheduleOnce(stage: Stage, run: string) {
  const until = Date.now() + 20_000
  for (;;) {
    const params = { project: stage.project, run }
    const outcome = await stage.productOwner.client.call('scheduleRun', { params, body: {} })
    if (outcome.ok || Date.now() > until) return expectOk(outcome)
    expect(['exit-open', 'run-changed']).toContain(outcome.problem.code)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('P-S7-4 the approval updates the ticket; the ids of comment and link are the evidence', async () => {
  await using jira = await startJira()
  const stage = await stageWithJira('tickets', jira.url)
  const { run } = await approvedRun(stage)
  expect((await scheduleOnce(stage, run)).state).toBe('completed')
  expect(jira.comments).toHaveLength(1)
  expect(JSON.stringify(jira.comments)).toContain('Rollout plan approved: new-checkout')
  expect(jira.links.size).toBe(1)
  expect(jira.status).toBe('Ready for rollout')
  const check = await checkOf(stage, run)
  expect(check).toMatchObject({ state: 'pass' })
  const params = { project: stage.project, hash: check?.evidence ?? '' }
  const evidence = expectOk(await stage.developer.client.call('showEvidence', { params }))
  expect(evidence.content).toMatchObject({
    facts: { ticket: JIRA.issue, comment: jira.comments[0]?.id, remoteLink: '20000' },
  })
})

test('P-S7-9 while the update fails the run is not completed and approvals stand', async () => {
  await using jira = await startJira()
  jira.fails = 503
  const stage = await stageWithJira('failing', jira.url)
  const { run } = await approvedRun(stage)
  const params = { project: stage.project, run }
  const until = Date.now() + 20_000
  let problem = expectProblem(await stage.productOwner.client.call('scheduleRun', { params, body: {} }))
  while (!problem.detail.includes('503') && Date.now() < until) {
    problem = expectProblem(await stage.productOwner.client.call('scheduleRun', { params, body: {} }))
  }
  expect(problem).toMatchObject({ status: 409, code: 'exit-open' })
  expect(problem.detail).toContain('P-S7-4')
  expect(problem.detail).toContain('it answered 503')
  expect(expectOk(await stage.developer.client.call('showRun', { params })).state).toBe('approved')

  jira.fails = undefined
  clock.advance(6_000)
  expect((await scheduleOnce(stage, run)).state).toBe('completed')
  expect(jira.comments).toHaveLength(1)
})

test('P-S7-9 without a channel to Jira the ticket is set aside with a reason, and nothing is shown as passed', async () => {
  const stage = await setStage(server, 'nojira', undefined, ticket)
  const { run } = await approvedRun(stage)
  const params = { project: stage.project, run }
  const refused = expectProblem(await stage.productOwner.client.call('scheduleRun', { params, body: {} }))
  expect(refused.detail).toContain('no channel leads to a ticket system')
  const step = { ...params, step: 7 }
  const body = { check: 'P-S7-4', notApplicable: 'The ticket is updated by hand.' }
  expectOk(await stage.technicalLead.client.call('giveEvidence', { params: step, body }))
  expect((await scheduleOnce(stage, run)).state).toBe('completed')
  expect((await checkOf(stage, run))?.state).toBe('not_applicable')
})

test('P-S7-6 P-O4 a receiver hears that flags are ready and the plan is approved, in order, and when it no longer is', async () => {
  await using receiver = await startReceiver()
  const stage = await setStage(server, 'receiver')
  const subscribes = ['dev.flagmarshal.featureflags.ready', 'dev.flagmarshal.rolloutplan.approved']
  const body = {
    key: 'hook',
    kind: 'webhook' as const,
    settings: { url: receiver.url },
    secret: SECRET,
    subscribes,
  }
  expectOk(await server.admin.call('createChannel', { params: { project: stage.project }, body }))
  const { run, hash } = await approvedRun(stage)
  await receiver.until(2)
  const output = { ...OUTPUTS[0], targeting: { audience: 'beta', segments: [] } }
  const params = { project: stage.project, run, step: 1 }
  expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
  await receiver.until(4)
  const heard = receiver.received.map((it) => JSON.parse(it.body))
  expect(heard.map((it) => it.type)).toEqual([...subscribes, ...subscribes.map((it) => `${it}.revoked`)])
  expect(heard[1]).toMatchObject({
    subject: 'features/new-checkout',
    data: { run, bundleHash: hash, feature: 'new-checkout', ticket: null, title: expect.any(String) },
  })
})

test('P-T3 the ticket is looked up where Jira is connected: another one, or no answer, is refused', async () => {
  await using jira = await startJira()
  const stage = await stageWithJira('lookup', jira.url)
  const { project, developer, technicalLead, operationsLead, productOwner } = stage
  const flag = { ...newFlag('second'), layers: ['backend' as const] }
  expectOk(await developer.client.call('createFlag', { params: { project }, body: flag }))
  const register = (key: string) =>
    developer.client.call('createFeature', {
      params: { project },
      body: {
        key: 'second',
        name: 'Second',
        team: 'shop',
        ticket: { key, url: `https://jira.shop.example/browse/${key}` },
        roles: {
          technicalLead: [technicalLead.id],
          operationsLead: [operationsLead.id],
          productOwner: [productOwner.id],
        },
        flag: 'second',
        layers: ['backend' as const],
      },
    })
  expect(expectProblem(await register('SHOP-8'))).toMatchObject({
    status: 422,
    code: 'ticket-unknown',
    errors: [{ pointer: '/ticket/key' }],
  })
  jira.fails = 503
  expect(expectProblem(await register(JIRA.issue))).toMatchObject({ code: 'ticket-not-seen' })
  jira.fails = undefined
  expect(expectOk(await register(JIRA.issue)).ticket).toMatchObject({
    key: JIRA.issue,
    seen: { title: 'A new checkout' },
  })
})
