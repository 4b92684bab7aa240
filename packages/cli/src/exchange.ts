/**
 * `flagmarshal export` and `flagmarshal import`: flags in the formats of other tools.
 */
import type { Call, Operations } from '@flagmarshal/api'
import { orderedReport } from '@flagmarshal/domain/exchange/report'
import type { Command } from 'commander'

import { readDefinition } from './definition-file.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import { writeLocal } from './local-file.ts'
import { reportParity } from './parity/parity.ts'
import type { Open } from './program.ts'
import { progress } from './progress.ts'
import type { Answer, Session } from './session.ts'

type ImportCall = Call<Operations['importFlags']>
type ImportBody = NonNullable<ImportCall['body']>
type ImportOptions = Required<Pick<ImportCall['query'], 'owner' | 'format' | 'layer' | 'kind'>> & {
  readonly env: string
  readonly from: string
}
type Given = Omit<ImportOptions, 'env' | 'owner'> &
  Partial<Pick<ImportOptions, 'env' | 'owner'>> & { readonly parity?: true; readonly contexts: string }

export function exchangeCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('export')
    .description('export what an environment serves; what is not the same there is said on stderr')
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--format <format>', 'flagd, or manifest (of the OpenFeature CLI)', 'flagd')
    .option('--output <path>', 'file to write instead of stdout')
    .action(async (given: { env: string; format: string; output?: string }, command: Command) => {
      const session = open(command)
      const { document, report } = await session.call('exportFlags', {
        params: { project: session.project() },
        // The server knows the formats and names them.
        query: { environment: given.env, format: given.format as 'flagd' },
      })
      const text = JSON.stringify(document, null, 2)
      if (given.output !== undefined) writeLocal(session, given.output, `${text}\n`)
      if (!session.json) sayReport(session, report)
      session.result({ document, report }, () =>
        given.output === undefined ? text : `${given.output} is written.`,
      )
    })
  importCommand(program, open, end)
}

function importCommand(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('import <file>')
    .description(
      'import flags of another tool with the configuration of one environment, from JSON, YAML or TOML; - reads stdin. With --dry-run nothing is stored, and the report says what would be. With --parity the server is not asked and nothing is stored: each flag is evaluated for many contexts, here and by the tool’s own package in node_modules; exits 10 where the answers differ',
    )
    .option('-e, --env <environment>', 'environment of ours that is configured; not needed with --parity')
    .option('--owner <team>', 'who answers for new flags whose file names nobody; not needed with --parity')
    .option('--format <format>', 'flagd, growthbook, launchdarkly, unleash, goff (GO Feature Flag)', 'flagd')
    .option('--from <environment>', 'their environment, where the format has any', '*')
    .option('--layer <layer>', 'where new flags are read: backend, frontend, middleware', 'backend')
    .option('--kind <kind>', 'of new flags: release, experiment, permission, ops', 'release')
    .option('--parity', 'compare with the tool’s own engine, and import nothing')
    .option('--contexts <number>', 'with --parity: contexts for each flag', '1000')
    .action(async (file: string, given: Given, command: Command) => {
      const session = open(command)
      const { dryRun } = session
      // Whatever JSON has is a JsonObject.
      const definition = readDefinition(file) as ImportBody
      if (given.parity === true) return await parity(session, given, definition, end)
      const it = await imported(session, wholeOf(given), definition)
      if (!session.json) sayReport(session, it.report)
      const would = dryRun ? 'would be ' : ''
      const outcomes = ['created', 'updated', 'unchanged'] as const
      session.result(it, () =>
        [
          ...outcomes
            .filter((what) => it.segments[what].length > 0)
            .map((what) => `${would}${what}: segments ${it.segments[what].join(', ')}`),
          ...outcomes.map((what) => `${would}${what}: ${it[what].join(', ') || 'none'}`),
        ].join('\n'),
      )
    })
}

async function parity(
  session: Session,
  { format, from, contexts }: Given,
  definition: ImportBody,
  end: (code: ExitCode) => void,
): Promise<void> {
  const count = wholeNumber(contexts, '--contexts')
  const now = new Date()
  await reportParity(
    session,
    { format, definition, environment: from, count, folder: process.cwd(), now },
    end,
  )
}

/** An import must say where to and for whom. */
function wholeOf({ env, owner, ...rest }: Given): ImportOptions {
  if (env !== undefined && owner !== undefined) return { ...rest, env, owner }
  const [missing, example] =
    env === undefined ? ['-e, --env <environment>', '-e development'] : ['--owner <team>', '--owner team-a']
  throw usage(`required option '${missing}' not specified`, `Add ${example}, or compare only with --parity.`)
}

/** Flags and segments of one request: some seconds of work for a server that has others to serve. */
const AT_ONCE = 50

/** The whole import, in requests of some flags each. */
async function imported(
  session: Session,
  given: ImportOptions,
  body: ImportBody,
): Promise<Answer<'importFlags'>> {
  const { env, from, owner, format, layer, kind } = given
  const query = { format, environments: `${from}:${env}`, owner, layer, kind }
  const dryRun = session.dryRun ? 'true' : 'false'
  const bar = progress(session.streams, session.quiet, session.dryRun ? 'looked at' : 'imported')
  const answers: Answer<'importFlags'>[] = []
  for (let skip = 0, total = Infinity; skip < total; skip += AT_ONCE) {
    const part = { skip: String(skip), take: String(AT_ONCE) }
    const answer = await session.call('importFlags', {
      params: { project: session.project() },
      // The server knows the choices and names them.
      query: { ...query, dryRun, ...part },
      body,
    })
    answers.push(answer)
    total = answer.total
    bar.at(Math.min(skip + AT_ONCE, total), total)
  }
  bar.end()
  const keys = (of: (answer: Answer<'importFlags'>) => readonly string[]): string[] =>
    answers.flatMap((it) => [...of(it)])
  return {
    created: keys((it) => it.created),
    updated: keys((it) => it.updated),
    unchanged: keys((it) => it.unchanged),
    segments: {
      created: keys((it) => it.segments.created),
      updated: keys((it) => it.segments.updated),
      unchanged: keys((it) => it.segments.unchanged),
    },
    total: answers[0]?.total ?? 0,
    report: orderedReport(answers.flatMap((it) => it.report)),
  }
}

/** Says what could not be carried over, the worst first. */
function sayReport(session: Session, report: Answer<'exportFlags'>['report']): void {
  for (const { severity, entity, message } of report) session.say(`${severity}  ${entity}: ${message}`)
}
