/**
 * `flagmarshal docs …`: the documents of a run, written to a folder or published to the repository.
 */
import path from 'node:path'

import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'
import { ask, duration } from './wait.ts'

type Documents = Answer<'listDocuments'>
type Publication = Answer<'publishDocuments'>
type RunKey = { readonly project: string; readonly run: string }

interface RepositoryOptions {
  readonly remote?: string
  readonly builtIn?: boolean
  readonly branch?: string
  readonly path?: string
  readonly runbook?: string[]
}

export function docsCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const docs = program.command('docs').description('the documents of a run')
  building(docs, open, end)
  publishing(docs, open, end)
  docs
    .command('history <feature>')
    .description('the publications of a feature, newest first')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPublications', { params: await runOf(session, name) })
      session.rows(
        items,
        ['publication', 'kind', 'state', 'revision', 'commit', 'at'],
        items.map((it) => [
          it.id,
          it.kind,
          it.state,
          String(it.revision ?? '–'),
          it.commit ?? '–',
          it.requestedAt,
        ]),
      )
    })
  docs
    .command('repository')
    .description('where documents are published; with options, set it')
    .option('--remote <address>', 'https, ssh, http or file address of a repository')
    .option('--built-in', "the repository in the server's data directory")
    .option('--branch <branch>', 'branch')
    .option('--path <path>', 'folder in it')
    .option('--runbook <path...>', 'files of yours that get managed sections')
    .action(async (given: RepositoryOptions, command: Command) => {
      const session = open(command)
      const params = { project: session.project() }
      const now = await session.call('showDocumentation', { params })
      const settings =
        Object.keys(given).length === 0
          ? now
          : await session.call('writeDocumentation', {
              params,
              body: changed(now, given),
              ifMatch: now.revision,
            })
      session.result(settings, () =>
        fields([
          ['remote', settings.remote ?? 'built in'],
          ['branch', settings.branch],
          ['path', settings.path],
          ['runbooks', settings.runbooks.join(', ') || `${settings.path}/runbook.md`],
        ]),
      )
    })
}

function building(docs: Command, open: Open, end: (code: ExitCode) => void): void {
  docs
    .command('build <feature>')
    .description(
      'the documents as they would be published now; exits 10 when they have drifted, 7 when one lacks something',
    )
    .option('--out <folder>', 'write them there, as Markdown and JSON')
    .action(async (name: string, given: { out?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const documents = await session.call('listDocuments', { params })
      if (given.out !== undefined) await write(session, params, { documents, folder: given.out })
      session.result(documents, () => describe(documents))
      if (documents.drift.length > 0) end(EXIT.drift)
      else if (documents.items.some((it) => it.findings.length > 0)) end(EXIT.invalid)
    })
  docs
    .command('show <feature> <document>')
    .description('one document, as Markdown or with --json as JSON')
    .action(async (name: string, document: string, _: unknown, command: Command) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), document }
      const format = session.json ? ('json' as const) : ('markdown' as const)
      session.streams.out(await session.call('showDocument', { params, query: { format } }))
    })
}

function publishing(docs: Command, open: Open, end: (code: ExitCode) => void): void {
  docs
    .command('publish <feature>')
    .description('publish the documents and wait until they are; exits 8 when that takes too long')
    .option('--wait <time>', 'how long to wait', '60s')
    .action(async (name: string, given: { wait: string }, command: Command) => {
      const session = open(command)
      const withinMs = duration(given.wait)
      const params = await runOf(session, name)
      const accepted = await session.call('publishDocuments', { params })
      const at = { ...params, publication: accepted.id }
      let said = ''
      const job = await ask(
        async () => {
          const seen = await session.call('showPublication', { params: at })
          if (seen.progress !== said) session.say(seen.progress)
          said = seen.progress
          return seen
        },
        (it) => it.endedAt !== null,
        { withinMs },
      )
      if (job.state === 'failed') {
        throw new Failure(job.progress, {
          exitCode: EXIT.invalid,
          remedy: 'Put it right, and publish again. The repository: flagmarshal docs repository',
        })
      }
      session.result(job, () => describePublication(job))
      if (job.state !== 'published') end(EXIT.timeout)
    })
}

function changed(
  now: Answer<'showDocumentation'>,
  { remote, builtIn, branch, path: folder, runbook }: RepositoryOptions,
): Settings {
  const address = builtIn === true ? undefined : (remote ?? now.remote ?? undefined)
  return {
    ...(address === undefined ? {} : { remote: address }),
    branch: branch ?? now.branch,
    path: folder ?? now.path,
    runbooks: runbook ?? now.runbooks,
  }
}

interface Settings {
  remote?: string
  branch: string
  path: string
  runbooks: string[]
}

async function write(
  session: Session,
  params: RunKey,
  { documents, folder }: { readonly documents: Documents; readonly folder: string },
): Promise<void> {
  for (const { name } of documents.items) {
    for (const [format, ending] of [
      ['markdown', 'md'],
      ['json', 'json'],
    ] as const) {
      const text = await session.call('showDocument', {
        params: { ...params, document: name },
        query: { format },
      })
      writeLocal(session, path.join(folder, `${name}.${ending}`), text)
    }
  }
}

function describe({ items, drift, publication }: Documents): string {
  const rows = items.map((it) => [it.name, it.state.replaceAll('_', ' '), it.findings.join(' ')])
  return [
    table(['document', 'state', 'lacks'], rows),
    ...drift,
    publication === null ? 'Not published yet.' : publication.progress,
  ].join('\n')
}

function describePublication(job: Publication): string {
  return fields([
    ['state', job.state],
    ['repository', job.remote ?? 'built in'],
    ['branch', job.branch ?? ''],
    ['path', job.path ?? ''],
    ['commit', job.commit ?? ''],
    ['revision', String(job.revision ?? '')],
    ['bundle', job.bundleHash ?? ''],
    ['progress', job.progress],
  ])
}
