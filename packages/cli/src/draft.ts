/**
 * `flagmarshal draft …`: changes of a protected environment that somebody else approves.
 */
import type { Call, Operations } from '@flagmarshal/api'
import { draftDifferences } from '@flagmarshal/domain/draft/difference'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { readObject } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'

type Draft = Answer<'showDraft'>
type NewDraft = NonNullable<Call<Operations['createDraft']>['body']>
type DraftChange = NonNullable<Call<Operations['changeDraft']>['body']>
type Config = Extract<NewDraft, { kind: 'flag' }>['config']

interface SaveOptions {
  env: string
  why?: string
  file?: string
  on?: boolean
  serve?: string
  segment?: boolean
  draft?: string
}

interface ListOptions {
  all?: boolean
  flag?: string
  segment?: string
  env?: string
}

export function draftCommands(program: Command, open: Open): void {
  const draft = program
    .command('draft')
    .description('changes of a protected environment that somebody else approves')
  saving(draft, open)
  reading(draft, open)
  deciding(draft, open)
  ending(draft, open)
}

function saving(draft: Command, open: Open): void {
  draft
    .command('save <key>')
    .description(
      'save a change of a flag, or with --segment of a segment, as a draft; with -q its id alone is printed',
    )
    .requiredOption('-e, --env <environment>', 'protected environment')
    .option('--why <text>', 'why; needed for a new draft')
    .option(
      '-f, --file <path>',
      'file with the whole content, as for flag set and segment set; - reads stdin',
    )
    .option('--on', 'of a flag: as it is, but on')
    .option('--serve <variant>', 'of a flag: as it is, but on and serving this where no rule matches')
    .option('--segment', 'the key is that of a segment')
    .option('--draft <id>', 'save this draft anew, on top of what is live now')
    .action(async (key: string, given: SaveOptions, command: Command) => {
      const session = open(command)
      const change = given.segment === true ? segmentChange(given) : await flagChange(session, key, given)
      const saved =
        given.draft === undefined
          ? await create(session, key, given, change)
          : await saveAnew(session, given.draft, { ...change, ...whyOf(given) })
      session.result(saved, () => (session.quiet ? saved.id : describe(saved)))
    })
  draft
    .command('request <draft>')
    .description('ask for the approval of a draft as it is now')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('requestDraft', { params: paramsOf(session, id) })
      session.result(it, () => `${it.id} waits for ${it.waitsFor.join(', ') || 'nobody'}. Hash: ${it.hash}`)
    })
}

function reading(draft: Command, open: Open): void {
  draft
    .command('list')
    .description('list the open drafts, newest first')
    .option('--all', 'the published and discarded ones too')
    .option('--flag <key>', 'only those of a flag')
    .option('--segment <key>', 'only those of a segment')
    .option('-e, --env <environment>', 'only those of an environment')
    .action(async (given: ListOptions, command: Command) => {
      const session = open(command)
      const { all, flag, segment, env } = given
      const query = {
        ...(all === true ? { all: 'true' as const } : {}),
        ...(flag === undefined ? {} : { flag }),
        ...(segment === undefined ? {} : { segment }),
        ...(env === undefined ? {} : { environment: env }),
      }
      const { items } = await session.call('listDrafts', { params: { project: session.project() }, query })
      session.rows(
        items,
        ['draft', 'of', 'in', 'state', 'waits for', 'why'],
        items.map((it) => [
          it.id,
          it.subject.key,
          it.environment,
          stateOf(it),
          it.waitsFor.join(', ') || '–',
          it.why,
        ]),
      )
    })
  draft
    .command('show <draft>')
    .description('show a draft: where it stands, what was said, what it changes')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showDraft', { params: paramsOf(session, id) })
      session.result(it, () => describe(it))
    })
  draft
    .command('diff <draft>')
    .description('what was approved, what is live now and what is proposed, part by part')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showDraft', { params: paramsOf(session, id) })
      session.result(differencesOf(it), () => difference(it))
    })
}

function deciding(draft: Command, open: Open): void {
  draft
    .command('approve <draft>')
    .description('approve a draft, with your own token; never one that you had a hand in')
    .option('--hash <hash>', 'what you have read; the present content unless given')
    .option('--comment <text>', 'a comment')
    .action(async (id: string, given: { hash?: string; comment?: string }, command: Command) => {
      const session = open(command)
      const it = await decide(session, id, { ...given, verdict: 'approved' })
      session.result(it, () => `Approved ${it.hash.slice(0, 12)}. ${describe(it)}`)
    })
  draft
    .command('request-changes <draft>')
    .description('ask for changes; the draft cannot be published until they are made or you approve')
    .requiredOption('--comment <text>', 'what should change')
    .option('--hash <hash>', 'what you have read; the present content unless given')
    .action(async (id: string, given: { hash?: string; comment: string }, command: Command) => {
      const session = open(command)
      const it = await decide(session, id, { ...given, verdict: 'changes_requested' })
      session.result(it, () => describe(it))
    })
}

function ending(draft: Command, open: Open): void {
  draft
    .command('publish <draft>')
    .description('make an approved draft live; refused where what is live has changed since it was saved')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('publishDraft', { params: paramsOf(session, id) })
      const { key } = it.subject
      session.result(it, () => `${key} is live in ${it.environment} as revision ${it.closed?.revision}.`)
    })
  draft
    .command('discard <draft>')
    .description('give a draft up')
    .option('--reason <text>', 'why')
    .action(async (id: string, given: { reason?: string }, command: Command) => {
      const session = open(command)
      const it = await session.call('discardDraft', { params: paramsOf(session, id), body: given })
      session.result(it, () => `${it.id} is given up.`)
    })
}

function paramsOf(session: Session, draft: string) {
  return { project: session.project(), draft }
}

function segmentChange({ file }: SaveOptions): DraftChange {
  if (file === undefined)
    throw usage('What should the segment be?', 'Add -f with a file of {when, include, exclude}.')
  // The server checks the shape and names the field at fault.
  return { kind: 'segment', content: readObject(file) }
}

async function flagChange(session: Session, flag: string, given: SaveOptions): Promise<DraftChange> {
  if (given.file !== undefined) return { kind: 'flag', config: readObject(given.file) as Config }
  if (given.on !== true && given.serve === undefined)
    throw usage('What should be served?', 'Add --on, --serve with a variant, or -f with a file.')
  const params = { project: session.project(), flag, environment: given.env }
  const { offVariant, rules, fallthrough } = await session.call('getFlagConfig', { params })
  // The rule that a rollout owns stays by itself.
  const own = rules.filter((it) => it.rollout === undefined)
  const otherwise = given.serve === undefined ? fallthrough : { variant: given.serve }
  return { kind: 'flag', config: { enabled: true, offVariant, rules: own, fallthrough: otherwise } }
}

function whyOf({ why }: SaveOptions): { why?: string } {
  return why === undefined ? {} : { why }
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function create(
  session: Session,
  key: string,
  given: SaveOptions,
  change: DraftChange,
): Promise<Draft> {
  const { why, env: environment } = given
  if (why === undefined) throw usage('A draft needs a reason.', 'Add --why.')
  const body: NewDraft =
    change.kind === 'flag'
      ? { ...change, flag: key, environment, why }
      : { ...change, segment: key, environment, why }
  return await session.call('createDraft', { params: { project: session.project() }, body })
}

async function saveAnew(session: Session, id: string, body: DraftChange): Promise<Draft> {
  const params = paramsOf(session, id)
  const { revision } = await session.call('showDraft', { params })
  return await session.call('changeDraft', { params, body, ifMatch: revision })
}

async function decide(
  session: Session,
  id: string,
  given: { verdict: 'approved' | 'changes_requested'; hash?: string; comment?: string },
): Promise<Draft> {
  const params = paramsOf(session, id)
  const hash = given.hash ?? (await session.call('showDraft', { params })).hash
  return await session.call('decideDraft', { params, body: { ...given, hash } })
}

function stateOf({ state, behind }: Pick<Draft, 'state' | 'behind'>): string {
  return `${state.replaceAll('_', ' ')}${behind ? ', behind what is live' : ''}`
}

function describe(it: Draft): string {
  const head = fields([
    ['draft', it.id],
    ['of', `${it.subject.kind} ${it.subject.key} in ${it.environment}`],
    ['why', it.why],
    ['state', stateOf(it)],
    ['raises exposure', it.raises ? 'yes' : 'no'],
    ['approvals', it.approvals.map((one) => `${one.roles.join(' or ')}: ${one.by ?? 'missing'}`).join('; ')],
    ['waits for', it.waitsFor.join(', ') || 'nobody'],
    ['hash', it.hash],
  ])
  const said = it.verdicts.map(
    (one) =>
      `  ${one.by} ${one.verdict.replaceAll('_', ' ')}${one.stale ? ' (stale: another content)' : ''}${one.comment === null ? '' : `: ${one.comment}`}`,
  )
  return [head, ...(said.length === 0 ? [] : [said.join('\n')]), difference(it)].join('\n\n')
}

function differencesOf({ approved, base, live, proposed }: Draft) {
  return draftDifferences({
    approved: approved?.content ?? null,
    base: base.content,
    live: live.content,
    proposed,
  })
}

function difference(it: Draft): string {
  return table(
    ['part', 'approved', 'live now', 'proposed', ''],
    differencesOf(it).map((row) => [
      row.label,
      row.approved ?? '–',
      row.live ?? '–',
      row.proposed ?? '–',
      row.moved ? 'changed since the draft was saved' : '',
    ]),
  )
}
