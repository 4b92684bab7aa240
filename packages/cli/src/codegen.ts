/**
 * `flagmarshal codegen`: typed accessors for the flags of a project, or of a manifest in the repository.
 */
import { existsSync, readFileSync } from 'node:fs'

import { accessorsOf } from '@flagmarshal/domain/codegen/accessor'
import { nodeSource } from '@flagmarshal/domain/codegen/node'
import { reactSource } from '@flagmarshal/domain/codegen/react'
import { readManifest } from '@flagmarshal/domain/codegen/typed-flag'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { JsonObject } from '@flagmarshal/evaluation'
import { Argument } from 'commander'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure, usage } from './failure.ts'
import { readObject } from './given.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import type { Session } from './session.ts'

interface CodegenOptions {
  readonly env?: string
  readonly manifest?: string
  readonly output?: string
  readonly check?: boolean
}

const TARGETS = { node: nodeSource, react: reactSource }

export function codegenCommand(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('codegen')
    .description('write typed accessors for flags; a wrong type is an error of the compiler')
    .addArgument(new Argument('<target>', 'what the code calls').choices(Object.keys(TARGETS)))
    .option('-e, --env <environment>', 'read the flags of this environment')
    .option('--manifest <path>', 'read them from an OpenFeature manifest, without the server')
    .option('--output <path>', 'file to write instead of stdout')
    .option('--check', 'write nothing; exit 10 when the file is not what would be written')
    .action(async (target: keyof typeof TARGETS, given: CodegenOptions, command: Command) => {
      const session = open(command)
      const { source, flags } = generate(target, await manifestOf(session, given))
      const { output } = given
      if (output === undefined) {
        if (given.check === true)
          throw usage('What is compared with what would be written?', 'Add --output <path>.')
        session.result({ target, flags, source }, () => source.trimEnd())
        return
      }
      const current = existsSync(output) && readFileSync(output, 'utf8') === source
      if (given.check === true) {
        if (!current) end(EXIT.drift)
        session.result({ target, flags, output, current }, () =>
          current
            ? `${output} is current.`
            : `${output} is not what would be written.\n→ Run it without --check.`,
        )
        return
      }
      if (!current) writeLocal(session, output, source)
      session.result({ target, flags, output, written: !current }, () =>
        current ? `${output} is current.` : `${output} is written: ${flags} flags.`,
      )
    })
}

async function manifestOf(session: Session, { env, manifest }: CodegenOptions): Promise<JsonObject> {
  // What was read is JSON.
  if (manifest !== undefined) return readObject(manifest) as JsonObject
  if (env === undefined)
    throw usage('Which flags?', 'Add --env <environment>, or --manifest <path> to work without the server.')
  const { document } = await session.call('exportFlags', {
    params: { project: session.project() },
    query: { environment: env, format: 'manifest' },
  })
  return document as JsonObject
}

function generate(
  target: keyof typeof TARGETS,
  manifest: JsonObject,
): { readonly source: string; readonly flags: number } {
  const flags = readManifest(manifest)
  const accessors = isRefusal(flags) ? flags : accessorsOf(flags)
  if (!isRefusal(accessors)) return { source: TARGETS[target](accessors), flags: accessors.length }
  const fields = (accessors.errors ?? []).map((it) => `\n  ${it.pointer}: ${it.message}`).join('')
  throw new Failure(`${accessors.message}${fields}`, {
    exitCode: EXIT.invalid,
    remedy: accessors.remedy,
  })
}
