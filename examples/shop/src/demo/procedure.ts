/**
 * Takes a feature through the whole procedure, each act by the person whose it is: the developer
 * writes, the leads decide, review and approve. What this version cannot check by itself is attested
 * by name; the server refuses anybody who acts out of turn.
 */
import { setTimeout } from 'node:timers/promises'

import { inputsOf, outputsOf } from './answers.ts'
import { personOf } from './cast.ts'
import type { Cast } from './cast.ts'
import { DemoFailure, must } from './failure.ts'
import type { Answer } from './failure.ts'
import type { Feature } from './features.ts'
import type { Output } from './output.ts'
import { codeReferencesOf, papersOf, sourceOf } from './papers.ts'
import { PROJECT } from './set-up.ts'
import { drill, verifyFlag } from './tests.ts'

/** The step that documents what the others have settled. */
const DOCUMENTS = 6
const PUBLICATION_POLL_MS = 100

type Run = Answer<'showRun'>
type Step = Answer<'showStep'>

/** What the walk needs. `speed` goes into the plan. */
export interface Walk {
  readonly cast: Cast
  readonly feature: Feature
  readonly output: Output
  readonly speed: number
  /** Address of the shop in staging, where things are tried out; without it the deciders override what only that shows. */
  readonly staging?: string
}

const REVIEWERS = [
  ['technical', 'technicalLead'],
  ['operations', 'operationsLead'],
  ['business', 'productOwner'],
] as const

const APPROVERS = [
  ['technical-lead', 'technicalLead'],
  ['operations-lead', 'operationsLead'],
  ['product-owner', 'productOwner'],
] as const

/** From registering the feature to its approved and scheduled rollout. Answers the run's id. */
export async function walkThrough(walk: Walk): Promise<string> {
  const run = await walkTo(walk, DOCUMENTS)
  await review(walk, run)
  await approve(walk, run)
  return run
}

/** From registering the feature to the Go of a step. Answers the run's id. */
export async function walkTo(walk: Walk, last: number): Promise<string> {
  const run = await register(walk)
  await provideInputs(walk, run)
  await reviewWorkPlan(walk, run)
  const { developer, operationsLead, productOwner } = walk.cast
  const named = { developer: developer.id, operationsLead: operationsLead.id, productOwner: productOwner.id }
  for (const [index, output] of outputsOf(walk.feature, named, walk.speed).slice(0, last).entries()) {
    await takeStep(walk, run, index + 1, output)
  }
  return run
}

/** Registers the feature and starts its run, of which nothing is given yet. Answers the run's id. */
export async function register({ cast, feature, output }: Walk): Promise<string> {
  const { client, name } = cast.developer
  const body = {
    key: feature.key,
    name: feature.name,
    team: 'Shop',
    ticket: { none: 'The demonstration has no ticket system.' },
    stakeholders: ['Customer service'],
    roles: {
      technicalLead: [cast.technicalLead.id],
      operationsLead: [cast.operationsLead.id],
      productOwner: [cast.productOwner.id],
    },
    flag: feature.key,
    layers: [...feature.layers],
  }
  must('Registering the feature', await client.call('createFeature', { params: { project: PROJECT }, body }))
  const started = await client.call('startRun', {
    params: { project: PROJECT, feature: feature.key },
    body: { triggers: [{ kind: 'feature_ready', state: 'ready', source: name }] },
  })
  output.line(`${name} registers the feature and starts a run of the procedure`, 'done')
  return must('Starting the run', started).id
}

/** Uploads what the inputs refer to, and says where the code asks the flag. */
async function handIn({ cast, feature }: Walk): Promise<void> {
  const { client } = cast.developer
  const sources = sourceOf(feature).map((it) => it.paper)
  for (const { name, content } of [...Object.values(papersOf(feature)), ...sources]) {
    const body = { name, content: Buffer.from(content).toString('base64') }
    must(`Uploading ${name}`, await client.call('createUpload', { params: { project: PROJECT }, body }))
  }
  const written = await client.call('writeReferences', {
    params: { project: PROJECT, flag: feature.key },
    body: codeReferencesOf(feature),
  })
  must('Uploading the code references', written)
}

async function provideInputs(walk: Walk, run: string): Promise<void> {
  const { cast, feature, output } = walk
  await handIn(walk)
  const inputs = inputsOf(feature)
  for (const { input, by, ...body } of inputs) {
    const answer = await cast[by].client.call('provideInput', {
      params: { project: PROJECT, run, input },
      body,
    })
    must(`Giving the input ${input}`, answer)
  }
  const attested = inputs.filter((it) => it.attest !== undefined).length
  output.line(
    `${inputs.length} inputs are given and looked at, ${attested} of them with a person's word for it`,
    'done',
  )
}

async function reviewWorkPlan({ cast, output }: Walk, run: string): Promise<void> {
  const params = { project: PROJECT, run }
  const { content } = must(
    'Reading the run',
    await cast.developer.client.call('showRun', { params }),
  ).workPlan
  const body = {
    ...content,
    risks: [{ risk: 'The new code fails for some requests.', answer: 'The rollout rolls back by itself.' }],
  }
  must('Writing the work plan', await cast.developer.client.call('writeWorkPlan', { params, body }))
  const verdict = { verdict: 'approved', comments: 'Fine.' } as const
  const reviewed = await cast.technicalLead.client.call('reviewWorkPlan', { params, body: verdict })
  must('Reviewing the work plan', reviewed)
  output.line(`work plan: written by ${cast.developer.name}, reviewed by ${cast.technicalLead.name}`, 'done')
}

/** Writes the outcome of a step, settles its checks and has it decided. */
async function takeStep(walk: Walk, run: string, number: number, content: object): Promise<void> {
  const { cast, output } = walk
  const params = { project: PROJECT, run, step: number }
  const { client } = cast.developer
  const written = await client.call('writeStep', { params, body: { output: { ...content } } })
  const step = must(`Writing step ${number}`, written)
  if (number === DOCUMENTS) await publishDocuments(walk, run)
  await tryOut(walk, run, step)
  output.status(`step ${number}, ${step.title}: running its checks`)
  must(`Running the checks of step ${number}`, await client.call('runChecks', { params }))
  const attested = await attest(walk, run, step)
  const deciders = await decide(walk, run, step)
  const passed = must('Reading the checks', await client.call('showChecks', { params })).items.filter(
    (it) => it.state === 'pass',
  ).length
  const proof = `${passed} ${passed === 1 ? 'check passes' : 'checks pass'}${attested === 0 ? '' : `, ${attested} attested`}`
  output.line(`step ${number}, ${step.title}: ${proof}; Go by ${deciders.join(' and ')}`, 'done')
}

/** Has the documents made and published into the repository that the server keeps. */
async function publishDocuments({ cast, output }: Walk, run: string): Promise<void> {
  const { client } = cast.developer
  const params = { project: PROJECT, run }
  let job = must('Publishing the documents', await client.call('publishDocuments', { params }))
  while (job.endedAt === null) {
    output.status(job.progress)
    await setTimeout(PUBLICATION_POLL_MS)
    const asked = await client.call('showPublication', { params: { ...params, publication: job.id } })
    job = must('Looking at the publication', asked)
  }
  if (job.state !== 'published') throw new DemoFailure(job.progress)
  output.line(`the documents are published: commit ${job.commit?.slice(0, 12)} on ${job.branch}`, 'done')
}

/** What a step wants to have seen working. */
async function tryOut({ cast, output, staging }: Walk, run: string, { id }: Step): Promise<void> {
  const trial = { cast, output, run, ...(staging === undefined ? {} : { staging }) }
  if (id === 'flags') await verifyFlag(trial)
  if (id === 'monitoring') await drill(trial, 'alert')
  if (id === 'rollback' && staging !== undefined) await drill(trial, 'rollback')
}

/** Attests each check that is not in this version. Answers how many. */
async function attest({ cast, feature }: Walk, run: string, step: Step): Promise<number> {
  const open = step.checks.filter((it) => it.availability === 'not_in_this_version' && it.required)
  for (const check of open) {
    const answer = await cast.developer.client.call('giveEvidence', {
      params: { project: PROJECT, run, step: step.number },
      body: {
        check: check.id,
        statement: `${check.title}: looked at and found right.`,
        reference: `https://shop.example/${feature.key}/evidence/${check.id}`,
      },
    })
    must(`Attesting ${check.id}`, answer)
  }
  return open.length
}

/** That an alarm reaches somebody: no channel is configured here. */
const REACHED = 'P-S4-4'

/** Has a step decided by those who must, and its validation point acknowledged. Answers their names. */
async function decide({ cast, staging }: Walk, run: string, step: Step): Promise<string[]> {
  const deciders = (step.decideAll ? step.deciders : step.deciders.slice(0, 1)).flatMap((it) =>
    it.people.slice(0, 1).map((id) => personOf(cast, id)),
  )
  const params = { project: PROJECT, run, step: step.number }
  const { items } = must('Reading the checks', await cast.technicalLead.client.call('showChecks', { params }))
  const byHand = items.find((it) => it.id === 'P-S5-9' && it.state === 'unknown')
  if (byHand !== undefined) {
    const body = { check: byHand.id, notApplicable: 'Code is put back by hand, and no data is changed.' }
    const { client } = deciders[0] ?? cast.operationsLead
    must(`Setting ${byHand.id} aside`, await client.call('giveEvidence', { params, body }))
  }
  const overrides = items
    .filter(
      (it) =>
        it !== byHand &&
        it.required &&
        it.state === 'unknown' &&
        (staging === undefined || it.id === REACHED),
    )
    .map((it) => ({
      check: it.id,
      reason: it.id === REACHED ? 'The telephone is tried by hand.' : 'Nothing runs in staging here.',
    }))
  let waitsFor: Run['waitsFor'] = 'decision'
  for (const { name, client } of deciders) {
    const answer = await client.call('decideStep', {
      params,
      body: { decision: 'go', rationale: 'The outcome is complete and its checks are settled.', overrides },
    })
    waitsFor = must(`The Go of ${name} for step ${step.number}`, answer).waitsFor
  }
  if (waitsFor === 'acknowledgement') {
    const answer = await cast.technicalLead.client.call('acknowledgeStep', { params })
    must(`Acknowledging step ${step.number}`, answer)
  }
  return deciders.map((it) => it.name)
}

/** Every subject of the final review, by its group. */
async function review(walk: Walk, run: string): Promise<void> {
  const { cast, output } = walk
  const params = { project: PROJECT, run }
  const { reviews, steps } = must('Reading the run', await cast.developer.client.call('showRun', { params }))
  for (const [group, part] of REVIEWERS) {
    for (const { subject } of reviews.filter((it) => it.group === group)) {
      const body = { group, subject, verdict: 'reviewed' } as const
      must(`The review of ${subject}`, await cast[part].client.call('reviewSubject', { params, body }))
    }
  }
  const last = { ...params, step: steps.length }
  const step = must('Reading the last step', await cast.developer.client.call('showStep', { params: last }))
  await attest(walk, run, step)
  output.line(`step ${step.number}, ${step.title}: ${reviews.length} subjects reviewed`, 'done')
}

/** Asks the three roles, has each approve the hash that they all see, and schedules the rollout. */
async function approve({ cast, output }: Walk, run: string): Promise<void> {
  const params = { project: PROJECT, run }
  must('Asking for the approvals', await cast.developer.client.call('requestApproval', { params }))
  for (const [role, part] of APPROVERS) {
    const { name, client } = cast[part]
    const { hash } = must(`The bundle for ${name}`, await client.call('showBundle', { params }))
    const answer = await client.call('approveRun', { params, body: { role, bundleHash: hash } })
    must(`The approval of ${name}`, answer)
    output.line(`${name} approves as ${role.replace('-', ' ')}: bundle ${hash.slice(0, 12)}`, 'done')
  }
  const scheduled = await cast.operationsLead.client.call('scheduleRun', { params, body: {} })
  const { status } = must('Scheduling the rollout', scheduled)
  output.line(`the run is ${status.toLowerCase()}`, 'done')
}
