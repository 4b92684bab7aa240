/**
 * `flagmarshal init`: what a repository needs for configuration as code and gates in its pipeline. It
 * looks at the repository, asks at most five questions, and never overwrites anything unless told to.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { FlagKey, Key } from '@flagmarshal/api/shapes'
import { Option } from 'commander'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import { Failure, usage } from './failure.ts'
import { readObject } from './given.ts'
import { detect } from './init/detect.ts'
import type { Pipeline, Repository, Template } from './init/detect.ts'
import { filesOf, MANIFEST } from './init/files.ts'
import type { Settled } from './init/files.ts'
import { writeLocal } from './local-file.ts'
import type { Environment, Open } from './program.ts'
import type { Ask, Session } from './session.ts'
import { settle } from './settings.ts'
import type { GlobalOptions } from './settings.ts'

const TEMPLATES = ['backend', 'frontend', 'fullstack'] as const satisfies readonly Template[]
const PIPELINES = ['github', 'gitlab', 'none'] as const satisfies readonly Pipeline[]

interface InitOptions {
  readonly owner?: string
  readonly flag?: string
  readonly template?: Template
  readonly pipeline?: Pipeline
  readonly action: string
  readonly force?: boolean
}

export function initCommand(program: Command, open: Open, env: Environment): void {
  program
    .command('init')
    .description(
      'prepare a repository: documents, a manifest, a gate for its pipeline. Asks at most five questions; with --no-input it takes what it finds',
    )
    .option('--owner <team>', 'who answers for the first flag')
    .option('--flag <key>', 'key of the first flag')
    .addOption(new Option('--template <template>', 'which parts ask flags').choices(TEMPLATES))
    .addOption(new Option('--pipeline <pipeline>', 'whose pipeline the gate is for').choices(PIPELINES))
    .option(
      '--action <reference>',
      'the composite action, as your workflows reach it',
      'your-organisation/flagmarshal/pipelines/github@v0',
    )
    .option('--force', 'replace files whose content is another one')
    .action(async (given: InitOptions, command: Command) => {
      const session = open(command)
      const folder = process.cwd()
      const repository = detect(folder)
      atItsRoot(repository, folder)
      const { project } = command.optsWithGlobals<GlobalOptions>()
      const settled = await settleWith(session.ask, repository, {
        ...given,
        project: project ?? env['FLAGMARSHAL_PROJECT'],
      })
      const files = filesOf(settled, manifestIn(folder))
      const written = write(session, { folder, files, force: given.force ?? false })
      const next = nextCommand(command, env, session.server)
      session.result({ ...settled, found: repository, files: [...files.keys()], written, next }, () =>
        describe(repository, { written, unchanged: files.size - written.length, next }),
      )
    })
}

function atItsRoot({ root }: Repository, folder: string): void {
  if (root === undefined || path.relative(root, folder) === '') return
  throw usage(
    `${folder} is no root of a repository; pipelines look for their files there.`,
    `Change to it first: cd ${root}`,
  )
}

/** What is not given is asked; where nobody can be asked, what was found is taken. */
async function settleWith(
  ask: Ask | undefined,
  found: Repository,
  given: InitOptions & { readonly project: string | undefined },
): Promise<Settled> {
  const question = async (text: string, value: string | undefined, usual: string) =>
    value ?? (ask === undefined ? usual : (await ask(`${text} [${usual}] `)) || usual)
  const project = keyOf(
    await question('Project of these flags?', given.project, found.name),
    Key,
    'a project',
  )
  const owner = await question('Which team answers for the first flag?', given.owner, project)
  const flag = keyOf(await question('Key of the first flag?', given.flag, 'first-flag'), FlagKey, 'a flag')
  const template = oneOf(
    await question(`Which parts ask it: ${TEMPLATES.join(', ')}?`, given.template, found.template),
    TEMPLATES,
  )
  const pipeline = oneOf(
    await question(`Whose pipeline: ${PIPELINES.join(', ')}?`, given.pipeline, found.pipeline),
    PIPELINES,
  )
  return { project, owner, flag, template, pipeline, action: given.action }
}

function keyOf(text: string, shape: typeof Key, what: string): string {
  const read = shape.safeParse(text)
  if (read.success) return read.data
  throw usage(`"${text}" is no key of ${what}.`, read.error.issues[0]?.message ?? 'Use another one.')
}

function oneOf<const T extends string>(text: string, choices: readonly T[]): T {
  const chosen = choices.find((it) => it === text)
  if (chosen !== undefined) return chosen
  throw usage(`"${text}" is none of them.`, `Use one of ${choices.join(', ')}.`)
}

function manifestIn(folder: string): object | undefined {
  const file = path.join(folder, MANIFEST)
  return existsSync(file) ? readObject(file) : undefined
}

interface Writing {
  readonly folder: string
  readonly files: ReadonlyMap<string, string>
  readonly force: boolean
}

/** Writes what is not there yet; answers the names. */
function write(session: Session, { folder, files, force }: Writing): readonly string[] {
  const textOf = (name: string) => {
    const at = path.join(folder, name)
    return existsSync(at) ? readFileSync(at, 'utf8') : undefined
  }
  const changed = [...files].filter(([name, text]) => textOf(name) !== text)
  const others = changed.map(([name]) => name).filter((name) => textOf(name) !== undefined)
  if (others.length > 0 && !force)
    throw new Failure(`${others.join(', ')} would be replaced; nothing was written.`, {
      exitCode: EXIT.drift,
      remedy: 'Move them away, or replace them: flagmarshal init --force',
    })
  for (const [name, text] of changed) writeLocal(session, path.join(folder, name), text)
  return changed.map(([name]) => name)
}

/** Without a token nothing can be asked of the server. */
function nextCommand(command: Command, env: Environment, server: string): string {
  const { token } = settle(command.optsWithGlobals<GlobalOptions>(), env)
  return token === undefined ? `flagmarshal login --server ${server}` : 'flagmarshal config plan'
}

function describe(
  { remote, languages, pipeline }: Repository,
  done: { readonly written: readonly string[]; readonly unchanged: number; readonly next: string },
): string {
  const found = [
    remote ?? 'no remote',
    languages.slice(0, 3).join(', ') || 'no code yet',
    `${pipeline} pipeline`,
  ]
  return [
    `Found: ${found.join(' · ').replace('none pipeline', 'no pipeline')}`,
    ...done.written.map((it) => `  + ${it}`),
    ...(done.unchanged > 0 ? [`  ${done.unchanged} as they are`] : []),
    `→ ${done.next}`,
  ].join('\n')
}
