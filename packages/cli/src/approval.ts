/**
 * `flagmarshal feature review|bundle|request-approval|schedule|abort`, `approve`: the end of a run.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import { describeNext, runOf } from './run.ts'
import type { Answer, Session } from './session.ts'

type Approver = Call<Operations['approveRun']>['body']['role']
type Cause = Call<Operations['abortRun']>['body']['cause']
type SubjectReview = Call<Operations['reviewSubject']>['body']

interface ReviewOptions {
  workPlan?: string
  subject?: string[]
  changes?: boolean
  comment?: string
}

export function approvalCommands(program: Command, feature: Command, open: Open): void {
  reviewing(feature, open)
  approving(program, feature, open)
  ending(feature, open)
}

function reviewing(feature: Command, open: Open): void {
  feature
    .command('review <feature>')
    .description('review the work plan, or subjects of the final review')
    .option('--work-plan <verdict>', 'approved or rejected')
    .option('--subject <group/subject...>', 'like technical/strategy')
    .option('--changes', 'ask for changes instead of marking the subjects reviewed')
    .option('--comment <text>', 'comments')
    .action(async (name: string, given: ReviewOptions, command: Command) => {
      const session = open(command)
      const reviews = given.subject?.map((it) => subjectReview(it, given)) ?? []
      const workPlan = reviews.length === 0 ? workPlanReview(given) : undefined
      const params = await runOf(session, name)
      if (workPlan !== undefined) await session.call('reviewWorkPlan', { params, body: workPlan })
      for (const body of reviews) await session.call('reviewSubject', { params, body })
      const run = await session.call('showRun', { params })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
}

/** Writes the zip that `audit verify --file` checks. */
async function exportBundle(session: Session, name: string, file: string): Promise<void> {
  const bytes = await session.call('exportBundle', { params: await runOf(session, name) })
  writeLocal(session, file, bytes)
  session.result(
    { file, bytes: bytes.length },
    () => `${file}, ${bytes.length} bytes. Verify it: flagmarshal audit verify --file ${file}`,
  )
}

function approving(program: Command, feature: Command, open: Open): void {
  feature
    .command('bundle <feature>')
    .description('what approvals are bound to, and its hash')
    .option('--hash', 'only the hash')
    .option('--export <file>', 'write it as a zip with everything that proves it')
    .action(async (name: string, given: { hash?: boolean; export?: string }, command: Command) => {
      const session = open(command)
      if (given.export !== undefined) return await exportBundle(session, name, given.export)
      const it = await session.call('showBundle', { params: await runOf(session, name) })
      session.result(given.hash === true ? it.hash : it, () =>
        given.hash === true ? it.hash : describeBundle(it),
      )
    })
  feature
    .command('request-approval <feature>')
    .description('fix the bundle and ask the three roles')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('requestApproval', { params: await runOf(session, name) })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
  program
    .command('approve <feature>')
    .description('approve the bundle in one role, with your own token')
    .requiredOption('--role <role>', 'technical-lead, operations-lead or product-owner')
    .option('--hash <hash>', 'the bundle that you have read; the present one unless given')
    .option('--comment <text>', 'a comment')
    .action(
      async (name: string, given: { role: Approver; hash?: string; comment?: string }, command: Command) => {
        const session = open(command)
        const params = await runOf(session, name)
        const bundleHash = given.hash ?? (await session.call('showBundle', { params })).hash
        const { role, comment } = given
        const run = await session.call('approveRun', {
          params,
          body: { role, bundleHash, ...(comment === undefined ? {} : { comment }) },
        })
        session.result(run, () => `Approved ${bundleHash.slice(0, 12)} as ${role}. ${run.status}`)
      },
    )
}

function ending(feature: Command, open: Open): void {
  feature
    .command('schedule <feature>')
    .description('say when the rollout starts; the run is then completed')
    .option('--start <instant>', 'RFC 3339; without it the rollout starts when it is started')
    .action(async (name: string, given: { start?: string }, command: Command) => {
      const session = open(command)
      const run = await session.call('scheduleRun', { params: await runOf(session, name), body: given })
      session.result(run, () => run.status)
    })
  feature
    .command('abort <feature>')
    .description('end the run, with the cause and what was learned')
    .requiredOption('--cause <cause>', 'feature_cancelled, deployment_approach_changed or other')
    .requiredOption('--lessons <text>', 'what was learned')
    .option('--detail <text>', 'more about the cause')
    .action(
      async (name: string, given: { cause: Cause; lessons: string; detail?: string }, command: Command) => {
        const session = open(command)
        const run = await session.call('abortRun', { params: await runOf(session, name), body: given })
        session.result(run, () => run.status)
      },
    )
}

function describeBundle(it: Answer<'showBundle'>): string {
  const standing = it.approved
    ? 'approved'
    : it.approvedHash === null
      ? 'not approved yet'
      : `differs from the approved ${it.approvedHash} at ${it.differs.join(', ')}`
  return [`bundle ${it.hash}`, standing, JSON.stringify(it.bundle, null, 2)].join('\n')
}

function workPlanReview(given: ReviewOptions): Call<Operations['reviewWorkPlan']>['body'] {
  if (given.workPlan !== 'approved' && given.workPlan !== 'rejected') {
    throw usage(
      'What is reviewed, and how?',
      'Add --work-plan approved or rejected, or --subject technical/strategy.',
    )
  }
  return { verdict: given.workPlan, comments: given.comment ?? '' }
}

function subjectReview(subject: string, { changes, comment }: ReviewOptions): SubjectReview {
  const [group = '', name = ''] = subject.split('/')
  return {
    // The server refuses a group or subject that it does not know, naming those that it does.
    group: group as SubjectReview['group'],
    subject: name,
    verdict: changes === true ? 'changes_requested' : 'reviewed',
    ...(comment === undefined ? {} : { comment }),
  }
}
