/**
 * `flagmarshal audit …`: the record, and proof that nobody changed it.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Session } from './session.ts'
import { describeVerdict, verifyChainFile, verifyZip } from './verify-file.ts'

interface VerifyOptions {
  installation?: boolean
  anchor?: string
  file?: string
}

interface TailOptions {
  count: string
  kind?: string
  feature?: string
  installation?: boolean
}

/** Verifies an export; says each thing that does not hold, and in which file. */
function verifyFile(
  session: Session,
  { file, anchor, installation }: VerifyOptions & { readonly file: string },
  end: (code: ExitCode) => void,
): void {
  const given = anchor === undefined ? {} : { anchor: anchorOf(anchor) }
  const chain = () => (installation === true ? 'installation' : `project:${session.project()}`)
  const verdict = file.endsWith('.zip')
    ? verifyZip(file, given)
    : verifyChainFile(file, { ...given, chain: chain() })
  session.result(verdict, () => describeVerdict(verdict))
  if (verdict.findings.length > 0) end(EXIT.invalid)
}

export function auditCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const audit = program.command('audit').description('the audit chain')
  audit
    .command('verify')
    .description(
      'recompute the chain of the project (or, with --installation, of the installation); exits 7 where it is broken',
    )
    .option('--installation', 'the chain of people, tokens and projects')
    .option('--anchor <count:hash>', 'a head noted earlier: finds a cut tail too')
    .option('--file <path>', 'an exported bundle (.zip) or chain (.jsonl), without any server')
    .action(async (given: VerifyOptions, command: Command) => {
      const session = open(command)
      if (given.file !== undefined) return verifyFile(session, { ...given, file: given.file }, end)
      const body = given.anchor === undefined ? {} : { body: { anchor: anchorOf(given.anchor) } }
      const it =
        given.installation === true
          ? await session.call('verifyInstallationAudit', body)
          : await session.call('verifyAudit', { params: { project: session.project() }, ...body })
      session.result(it, () =>
        it.ok
          ? `The chain holds: ${it.entries} entries, head ${it.head.count}:${it.head.hash}.`
          : `The chain is broken at entry ${it.firstBroken?.seq}: ${it.firstBroken?.problem}`,
      )
      if (!it.ok) end(EXIT.invalid)
    })
  audit
    .command('tail')
    .description('the latest entries of the project, the newest last')
    .option('-n, --count <number>', 'how many', '20')
    .option('--kind <kind>', 'only subjects of this kind, like flag or run')
    .option(
      '--feature <feature>',
      'only what belongs to its run and flag; --kind may then be strategy, plan, approvals or flags',
    )
    .option('--installation', 'of the chain of people, tokens and projects')
    .action(async (given: TailOptions, command: Command) => {
      const session = open(command)
      const limit = String(wholeNumber(given.count, '--count'))
      const query = { limit, order: 'newest' as const, ...(given.kind && { kind: given.kind }) }
      const of = given.feature === undefined ? {} : { run: (await runOf(session, given.feature)).run }
      const { items } =
        given.installation === true
          ? await session.call('listInstallationAudit', { query })
          : await session.call('listAudit', {
              params: { project: session.project() },
              query: { ...query, ...of },
            })
      const entries = items.toReversed()
      session.rows(
        entries,
        ['entry', 'at', 'who', 'did', 'to', 'because'],
        entries.map((it) => [
          String(it.seq),
          it.at,
          it.actor.name,
          it.action,
          `${it.subject.kind} ${it.subject.id}`,
          it.reason ?? '',
        ]),
      )
    })
  audit
    .command('export')
    .description('the whole chain of the project, one JSON object a line')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      session.streams.out(await session.call('exportAudit', { params: { project: session.project() } }))
    })
}

function anchorOf(text: string): { count: number; hash: string } {
  const [, count, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (count === undefined || hash === undefined)
    throw usage(`"${text}" is no anchor.`, 'Use the head that `audit verify` printed, like 12:9f86….')
  return { count: Number(count), hash }
}
