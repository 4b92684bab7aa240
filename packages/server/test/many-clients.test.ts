/** Fifty clients at one run at the same time: whatever they do, one history comes of it. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { askForApproval, goThrough, openRun, OUTPUTS, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const CLIENTS = 50
const ROUNDS = 4

/** What one client did and was told; `audited` is how the chain calls it. */
interface Answer {
  readonly status: number
  readonly audited: string
  readonly revision: number | undefined
}

/** One act of one client; which one depends on its number and the round. */
async function act(stage: Stage, run: string, place: number): Promise<Answer> {
  const { project, developer, technicalLead, operationsLead, productOwner } = stage
  const params = { project, run }
  const step = { ...params, step: 1 }
  const lead = [technicalLead, operationsLead, productOwner][place % 3] ?? technicalLead
  const answer = (outcome: { readonly ok: boolean }, audited: string, revision?: number): Answer => ({
    status: outcome.ok ? 200 : statusOf(outcome),
    audited,
    revision,
  })
  switch (place % 6) {
    case 0: {
      const output = { ...OUTPUTS[0], targeting: { audience: 'all', segments: [], detail: `by ${place}` } }
      return answer(
        await developer.client.call('writeStep', { params: step, body: { output } }),
        'run.write-step',
      )
    }
    case 1: {
      const body = { decision: 'go' as const, rationale: `seen by ${place}` }
      return answer(await lead.client.call('decideStep', { params: step, body }), 'run.go')
    }
    case 2: {
      const body = { decision: 'no-go' as const, rationale: `not for ${place}` }
      return answer(await technicalLead.client.call('decideStep', { params: step, body }), 'run.no-go')
    }
    case 3: {
      const body = { group: 'technical' as const, subject: 'strategy', text: `comment ${place}` }
      return answer(await lead.client.call('comment', { params, body }), 'run.comment')
    }
    case 4:
      return answer(await developer.client.call('runChecks', { params: step }), 'run.check')
    default: {
      const body = { role: 'technical-lead' as const, bundleHash: '0'.repeat(64) }
      return answer(await lead.client.call('approveRun', { params, body }), 'run.approve')
    }
  }
}

function statusOf(outcome: object): number {
  return 'problem' in outcome ? (outcome.problem as { readonly status: number }).status : 500
}

it(
  'ends in one consistent history: nothing acknowledged is lost, nothing refused is there, the chain holds',
  { timeout: 120_000 },
  async () => {
    const stage = await setStage(server, 'crowd')
    const { project, developer } = stage
    const run = await openRun(stage)
    const before = expectOk(await developer.client.call('showRun', { params: { project, run } }))
    const acts = Array.from({ length: CLIENTS }, async (_, client) => {
      const answers: Answer[] = []
      for (let round = 0; round < ROUNDS; round += 1)
        answers.push(await act(stage, run, client * ROUNDS + round))
      return answers
    })
    const answers = (await Promise.all(acts)).flat()
    expect(answers).toHaveLength(CLIENTS * ROUNDS)
    expect([...new Set(answers.map((it) => it.status))].filter((it) => it >= 500 && it !== 503)).toEqual([])

    const entries = await historyOf(stage, run)
    const since = entries.filter((it) => revisionOf(it.after) > before.revision)
    // One revision after the other, without gaps: no write took another one's place.
    expect(since.map((it) => revisionOf(it.after))).toEqual(
      since.map((_, index) => before.revision + index + 1),
    )
    const shown = expectOk(await developer.client.call('showRun', { params: { project, run } }))
    expect(shown.revision).toBe(revisionOf(since.at(-1)?.after))
    for (const audited of [
      'run.write-step',
      'run.go',
      'run.no-go',
      'run.comment',
      'run.check',
      'run.approve',
    ]) {
      const acknowledged = answers.filter((it) => it.audited === audited && it.status === 200).length
      const told = since.filter((it) => it.action === audited).length
      expect([audited, told]).toEqual([audited, acknowledged])
    }
    expect(shown.threads).toHaveLength(
      answers.filter((it) => it.audited === 'run.comment' && it.status === 200).length,
    )
    const verified = await server.admin.call('verifyAudit', { params: { project }, body: undefined })
    expect(expectOk(verified).ok).toBe(true)
  },
)

async function historyOf({ project }: Stage, run: string) {
  const query = { run, kind: 'run', limit: '1000' }
  const { items } = expectOk(await server.admin.call('listAudit', { params: { project }, query }))
  return items
}

function revisionOf(after: unknown): number {
  const { revision } = after as { readonly revision?: number }
  return revision ?? 0
}

it(
  'fifty that approve, decide and edit what is approved leave no approval of what nobody has seen',
  { timeout: 120_000 },
  async () => {
    const stage = await setStage(server, 'crowded')
    const { project, feature, developer, technicalLead, operationsLead, productOwner } = stage
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const bundleHash = await askForApproval(stage, run)
    const before = expectOk(await developer.client.call('showRun', { params: { project, run } })).revision
    const params = { project, run }
    const approvers = [
      ['technical-lead', technicalLead],
      ['operations-lead', operationsLead],
      ['product-owner', productOwner],
    ] as const
    const one = async (client: number): Promise<void> => {
      const [role, { client: by }] = approvers[client % 3] ?? approvers[0]
      if (client === 40) return await editRule(stage)
      if (client === 45) {
        const body = { gate: 'plan-approved', reason: 'orders are lost', minutes: 1 }
        await operationsLead.client.call('breakGlass', { params: { project, feature }, body })
        return
      }
      if (client % 5 === 4) {
        const body = { group: 'technical' as const, subject: 'flags', text: `comment ${client}` }
        await developer.client.call('comment', { params, body })
        return
      }
      // Everybody tries every role: only the person who holds it is taken, and once.
      await by.call('approveRun', { params, body: { role, bundleHash } })
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)))

    const entries = (await historyOf(stage, run)).filter((it) => revisionOf(it.after) > before)
    expect(entries.map((it) => revisionOf(it.after))).toEqual(entries.map((_, index) => before + index + 1))
    const shown = expectOk(await developer.client.call('showRun', { params }))
    const given = entries.filter((it) => it.action === 'run.approve')
    expect(shown.approvals).toHaveLength(given.length)
    expect(new Set(shown.approvals.map((it) => it.role)).size, 'each role once').toBe(given.length)
    expect(new Set(shown.approvals.map((it) => it.by)).size, 'by another person each').toBe(given.length)
    // The rule was edited, before or after: nothing stands that was given for another one.
    expect(shown.approvals.filter((it) => it.voided === null)).toEqual([])
    expect(shown.state).toMatch(/^(open|reopened)$/)
    const started = await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    expect(statusOf(started)).toBe(409)
    const verified = await server.admin.call('verifyAudit', { params: { project }, body: undefined })
    expect(expectOk(verified).ok).toBe(true)
  },
)

/** Changes one rule of what is up for approval. */
async function editRule({ project, developer }: Stage): Promise<void> {
  const params = { project, flag: 'new-checkout', environment: 'staging' }
  const { revision, enabled, offVariant } = expectOk(await developer.client.call('getFlagConfig', { params }))
  const body = { enabled, offVariant, rules: [], fallthrough: { variant: 'on' } }
  expectOk(await developer.client.call('configureFlag', { params, body, ifMatch: revision }))
}
