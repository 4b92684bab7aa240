/**
 * `flagmarshal config plan|apply|export|schema`: configuration as code.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { configDocuments, configSchema, configSchemaFile } from '@flagmarshal/api/config-document'
import type { ConfigKind } from '@flagmarshal/api/config-document'
import type { Command } from 'commander'

import { applyChanges } from './config/apply.ts'
import { withCriteria } from './config/criteria.ts'
import { nameOf, readDocuments } from './config/files.ts'
import { documentsOf, readLive } from './config/live.ts'
import type { Live } from './config/live.ts'
import { planChanges, unmanaged } from './config/plan.ts'
import type { Change, Known } from './config/plan.ts'
import { describePlan } from './config/view.ts'
import { fileOf, SCHEMA_FOLDER, textOf } from './config/write.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import { progress } from './progress.ts'
import { FOLDER, PROJECT_FILE, projectOfFolder } from './project-file.ts'
import type { Session } from './session.ts'

export function configCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const config = program
    .command('config')
    .description('configuration as code: flags, segments, plans and the policy as documents in a repository')
  planning(config, open, end)
  applying(config, open)
  exporting(config, open)
  config
    .command('schema <kind>')
    .description(`the JSON Schema of a kind: ${Object.keys(configDocuments).join(', ')}`)
    .action(async (kind: string, _: unknown, command: Command) => {
      const session = open(command)
      const file = Object.hasOwn(configDocuments, kind)
        ? configSchemaFile(kind as ConfigKind)
        : `${kind}.json`
      const schema = await session.call('getConfigSchema', { params: { file } })
      session.result(schema, () => JSON.stringify(schema, null, 2))
    })
}

function planning(config: Command, open: Open, end: (code: ExitCode) => void): void {
  config
    .command('plan')
    .description('what the documents would change; changes nothing. Exits 10 when there is something')
    .option('-f, --from <path>', 'folder or file', FOLDER)
    .action(async (given: { from: string }, command: Command) => {
      const session = open(command)
      const { changes, rest } = await comparison(session, given.from)
      session.result({ changes: changes.map(shown), unmanaged: rest }, () => describePlan(changes, rest))
      if (changes.some((it) => it.action !== 'none')) end(EXIT.drift)
      refuse(changes)
    })
}

function applying(config: Command, open: Open): void {
  config
    .command('apply')
    .description('make the project what the documents say; what stands in none is left alone')
    .option('-f, --from <path>', 'folder or file', FOLDER)
    .option(
      '--draft <why>',
      'where it raises exposure in a protected environment, save drafts with this reason',
    )
    .action(async (given: { from: string; draft?: string }, command: Command) => {
      const session = open(command)
      const { changes, live, rest } = await comparison(session, given.from)
      refuse(changes)
      session.say(describePlan(changes, rest))
      const bar = progress(session.streams, session.quiet, 'applied')
      const applied = await applyChanges(
        changes,
        { session, live, ...(given.draft === undefined ? {} : { draftBecause: given.draft }) },
        (count) => bar.at(count, changes.filter((it) => it.action !== 'none').length),
      ).finally(() => bar.end())
      const drafts = applied.flatMap((it) => it.drafts)
      session.result({ applied, unmanaged: rest }, () =>
        [
          applied.length === 0
            ? 'Nothing to do: the project is what the documents say.'
            : `${applied.length} applied.`,
          ...drafts.map((it) => `→ flagmarshal draft request ${it}`),
        ].join('\n'),
      )
    })
}

function exporting(config: Command, open: Open): void {
  config
    .command('export')
    .description('write a project as documents; the same project always gives the same bytes')
    .option('--output <path>', 'folder', FOLDER)
    .option('--force', 'replace files whose content is another one')
    .action(async (given: { output: string; force?: boolean }, command: Command) => {
      const session = open(command)
      const documents = documentsOf(await readLive(session))
      const files = new Map(documents.map((it) => [fileOf(it), textOf(it)]))
      for (const kind of Object.keys(configDocuments) as ConfigKind[])
        files.set(
          `${SCHEMA_FOLDER}/${configSchemaFile(kind)}`,
          `${JSON.stringify(configSchema(kind), null, 2)}\n`,
        )
      const changed = [...files].filter(([name, text]) => textAt(path.join(given.output, name)) !== text)
      const others = changed.filter(([name]) => existsSync(path.join(given.output, name)))
      if (others.length > 0 && given.force !== true)
        throw new Failure(
          `${others.map(([name]) => path.join(given.output, name)).join(', ')} would be replaced.`,
          {
            exitCode: EXIT.drift,
            remedy: 'Add --force to replace them. To see the difference: flagmarshal config plan',
          },
        )
      for (const [name, text] of changed) writeLocal(session, path.join(given.output, name), text)
      session.result(
        { documents: documents.map(nameOf), written: changed.map(([name]) => name) },
        () => `${documents.length} documents in ${given.output}, ${changed.length} files written.`,
      )
    })
}

interface Comparison {
  readonly live: Live
  readonly changes: readonly Change[]
  readonly rest: readonly string[]
}

/** Documents of one project are not applied to another one by an oversight. */
function checkProject(session: Session, from: string): void {
  const [theirs, meant] = [projectOfFolder(from), session.project()]
  if (theirs === undefined || theirs === meant) return
  throw new Failure(`The documents in ${from} are those of ${theirs}; the command means ${meant}.`, {
    exitCode: EXIT.invalid,
    remedy: `Name the project: --project ${theirs}. Or change the name in ${path.join(from, PROJECT_FILE)}.`,
  })
}

async function comparison(session: Session, from: string): Promise<Comparison> {
  checkProject(session, from)
  // Mistakes in the files are told before anything is asked.
  const placed = withCriteria(readDocuments(from))
  const live = await readLive(session)
  const known: Known = {
    documents: new Map(documentsOf(live).map((it) => [nameOf(it), it])),
    // With those that the documents add: what others need comes first.
    environments: new Map([
      ...placed.flatMap(({ document: { kind, metadata, spec } }) =>
        kind === 'Environment' ? [[metadata.name, spec.protected] as const] : [],
      ),
      ...live.project.environments.map((it) => [it.key, it.protected] as const),
    ]),
    features: new Set(live.plans.map((it) => it.feature)),
  }
  return { live, changes: planChanges(placed, known), rest: unmanaged(placed, known) }
}

/** A change without the document, which is in the file. */
function shown({ name, place, action, differences, refusals, raises }: Change): Omit<Change, 'document'> {
  return { name, place, action, differences, refusals, raises }
}

function refuse(changes: readonly Change[]): void {
  const refused = changes.flatMap((it) => it.refusals.map((refusal) => `${it.place}: ${it.name}: ${refusal}`))
  if (refused.length === 0) return
  throw new Failure(['This cannot be applied:', ...refused.map((it) => `  ${it}`)].join('\n'), {
    exitCode: EXIT.invalid,
    remedy: 'Change the documents, and plan again.',
  })
}

function textAt(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
