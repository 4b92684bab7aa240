/**
 * The command line as a whole: one line a noun, the options that all commands share, and the one
 * place where a failure becomes words and an exit code.
 */
import { Command, CommanderError, Option } from 'commander'

import { accountCommands } from './account.ts'
import { auditCommands } from './audit.ts'
import { channelCommands } from './channel.ts'
import { codegenCommand } from './codegen.ts'
import { completionCommand } from './completion.ts'
import { configCommands } from './config.ts'
import { connectionCommands } from './connection.ts'
import { docsCommands } from './docs.ts'
import { doctorCommand } from './doctor.ts'
import { draftCommands } from './draft.ts'
import { describeUnsent, NotSent } from './dry-run.ts'
import { edgeCommands } from './edge.ts'
import { environmentCommands, retentionCommands } from './environment.ts'
import { addExamples } from './examples.ts'
import { exchangeCommands } from './exchange.ts'
import { drillCommands, testCommand } from './exercise.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure, problemOf } from './failure.ts'
import { featureCommands } from './feature.ts'
import { lifeCommands } from './flag-life.ts'
import { previewCommands } from './flag-preview.ts'
import { flagCommands } from './flag.ts'
import { gateCommands } from './gate.ts'
import { hookCommands } from './hook.ts'
import { identityProviderCommands } from './identity-provider.ts'
import { inboundCommands } from './inbound.ts'
import { initCommand } from './init.ts'
import { killCommand, killLinkCommand, killLinksCommand } from './kill.ts'
import { lintCommand } from './lint.ts'
import { loginCommand } from './login.ts'
import { logoutCommand } from './logout.ts'
import { mcpCommand } from './mcp.ts'
import { metricCommands } from './metric.ts'
import { monitoringCommands } from './monitoring.ts'
import { FORMS, structured, written } from './output.ts'
import type { Form } from './output.ts'
import { peopleCommands } from './people.ts'
import { serviceAccountCommands } from './person-life.ts'
import { personaCommands } from './persona.ts'
import { planCommands } from './plan.ts'
import { policyCommands } from './policy.ts'
import { procedureCommands } from './procedure.ts'
import { profileCommands } from './profile.ts'
import { projectCommands } from './project.ts'
import { referencesCommand } from './references.ts'
import { refsCommands } from './refs.ts'
import { rollbackCommands } from './rollback.ts'
import { rolloutCommands } from './rollout.ts'
import { secretCommands } from './secret.ts'
import { segmentCommands } from './segment.ts'
import { openSession } from './session.ts'
import type { Session, Streams } from './session.ts'
import { formOf, settle } from './settings.ts'
import type { GlobalOptions } from './settings.ts'
import { systemCommands } from './system.ts'
import { unleashCommands } from './unleash.ts'
import { uploadCommands } from './upload.ts'
import { VERSION, versionCommand } from './version.ts'

/** What an action of a command gets: the session, then what the command line named. */
export type Open = (command: Command) => Session

export type Environment = Readonly<Record<string, string | undefined>>

/** Runs one command line; answers what the process should exit with. */
export async function run(args: readonly string[], env: Environment, streams: Streams): Promise<ExitCode> {
  let ended: ExitCode = EXIT.ok
  const program = build(
    (command) => openSession(settle(command.optsWithGlobals<GlobalOptions>(), env), streams),
    (code) => (ended = code),
    { streams, env },
  )
  try {
    await program.parseAsync(args, { from: 'user' })
    return ended
  } catch (error) {
    return explain(error, formOf(program.opts<GlobalOptions>()), streams)
  }
}

/** Where a program writes and what it was started with. */
export interface Surroundings {
  readonly streams: Streams
  readonly env: Environment
}

/** The program; `end` takes the exit code of a command that did not fail but must not exit 0. */
export function build(open: Open, end: (code: ExitCode) => void, { streams, env }: Surroundings): Command {
  const program = new Command('flagmarshal')
    .description('Progressive delivery that follows a written procedure.')
    .addOption(new Option('--server <address>', 'address of the server (FLAGMARSHAL_SERVER)'))
    .addOption(
      new Option('--token <token>', 'token (FLAGMARSHAL_TOKEN); prefer --token-file on shared machines'),
    )
    .addOption(new Option('--token-file <path>', 'file that holds the token'))
    .addOption(new Option('--project <key>', 'project (FLAGMARSHAL_PROJECT)'))
    .addOption(
      new Option('--profile <name>', 'a server by its name (FLAGMARSHAL_PROFILE); see profile --help'),
    )
    .addOption(new Option('-o, --as <form>', 'print the result as').choices(FORMS))
    .addOption(new Option('--json', 'the same as --as json'))
    .addOption(new Option('-q, --quiet', 'say nothing but the result'))
    .addOption(new Option('--no-input', 'ask nothing, as where nobody sits at a terminal'))
    .addOption(new Option('--dry-run', 'change nothing, and show the first change that would be sent'))
    .version(VERSION, '--version', 'the version of this program')
    .showHelpAfterError('Run with --help to see what is possible.')
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride()
  initCommand(program, open, env)
  loginCommand(program, open, env)
  logoutCommand(program, open, env)
  doctorCommand(program, open, end, env)
  versionCommand(program, open)
  projectCommands(program, open)
  environmentCommands(program, open)
  retentionCommands(program, open)
  policyCommands(program, open)
  peopleCommands(program, open)
  accountCommands(program, open, env)
  identityProviderCommands(program, open, end)
  serviceAccountCommands(program, open)
  flagCommands(program, open)
  lifeCommands(program, open)
  previewCommands(program, open)
  segmentCommands(program, open)
  draftCommands(program, open)
  personaCommands(program, open)
  exchangeCommands(program, open, end)
  unleashCommands(program, open)
  codegenCommand(program, open, end)
  configCommands(program, open, end)
  testCommand(program, open, end)
  drillCommands(program, open, end)
  referencesCommand(program, open)
  refsCommands(program, open)
  lintCommand(program, open, end)
  uploadCommands(program, open)
  procedureCommands(program, open)
  featureCommands(program, open, end)
  planCommands(program, open, end)
  gateCommands(program, open, end)
  rolloutCommands(program, open, end)
  killCommand(program, open, end)
  killLinkCommand(program, open)
  killLinksCommand(program, open)
  rollbackCommands(program, open, end)
  hookCommands(program, open, end)
  docsCommands(program, open, end)
  channelCommands(program, open)
  connectionCommands(program, open, end)
  monitoringCommands(program, open, end)
  metricCommands(program, open, end)
  inboundCommands(program, open)
  secretCommands(program, open, end)
  auditCommands(program, open, end)
  mcpCommand(program, open)
  systemCommands(program, open, end)
  profileCommands(program, open, env)
  completionCommand(program, open)
  edgeCommands(program, open)
  inherit(program)
  addExamples(program)
  return program
}

/** Subcommands fail and print like the program, which commander copies only to those made before. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    inherit(child)
  }
}

function explain(error: unknown, form: Form, { out, err }: Streams): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof NotSent) {
    const { request } = error
    out(`${structured(form, { dryRun: request }) ?? written(form, describeUnsent(request))}\n`)
    return EXIT.ok
  }
  // The person at the terminal has left.
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted
  if (!(error instanceof Failure)) {
    err(
      `Something unexpected happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    err('→ That is a fault of this program. What it is and what it speaks with: flagmarshal version\n')
    return EXIT.unexpected
  }
  const problem = structured(form, { problem: problemOf(error) })
  if (problem !== undefined) out(`${problem}\n`)
  err(`${error.message}\n`)
  if (error.remedy !== undefined) err(`→ ${error.remedy}\n`)
  return error.exitCode
}
