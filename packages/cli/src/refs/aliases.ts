/**
 * The names that stand for flags in a repository, as its settings say: spellings, what patterns find in
 * named files, and what a command of the repository answers.
 */
import { spawnSync } from 'node:child_process'
import { matchesGlob } from 'node:path'

import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { spell } from './names.ts'
import type { AliasSetting } from './settings.ts'

/** What aliases are made from. */
export interface AliasSources {
  readonly root: string
  readonly files: readonly string[]
  readonly read: (file: string) => string | undefined
  /** Whether commands of the repository may run: only where somebody said so. */
  readonly runCommands: boolean
}

/** Flags by the names that stand for them; a name that stands for two stands for none. */
export function aliasesOf(
  keys: readonly string[],
  settings: readonly AliasSetting[],
  sources: AliasSources,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const twice = new Set<string>()
  for (const setting of settings)
    for (const key of keys)
      for (const name of namesBy(setting, key, sources)) {
        if ((names.get(name) ?? key) !== key) twice.add(name)
        names.set(name, key)
      }
  for (const name of twice) names.delete(name)
  return names
}

function namesBy(setting: AliasSetting, key: string, sources: AliasSources): readonly string[] {
  if (setting.type === 'filepattern') return inFiles(setting, key, sources)
  if (setting.type === 'command') return fromCommand(setting, key, sources)
  const name = spell(key, setting.type)
  return name === undefined ? [] : [name]
}

function inFiles(
  { paths, patterns }: Extract<AliasSetting, { type: 'filepattern' }>,
  key: string,
  { files, read }: AliasSources,
): readonly string[] {
  const escaped = key.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
  const searched = patterns.map((it) => new RegExp(it.replaceAll('FLAG_KEY', escaped), 'gmu'))
  return files
    .filter((file) => paths.some((glob) => matchesGlob(file, glob)))
    .flatMap((file) => {
      const text = read(file) ?? ''
      return searched.flatMap((it) =>
        [...text.matchAll(it)].flatMap(([, name]) => (name === undefined || name === '' ? [] : [name])),
      )
    })
}

function fromCommand(
  { command: [program = '', ...args], timeoutMs }: Extract<AliasSetting, { type: 'command' }>,
  key: string,
  { root, runCommands }: AliasSources,
): readonly string[] {
  if (!runCommands)
    throw new Failure(`The settings run the command ${program} to find aliases.`, {
      exitCode: EXIT.usage,
      remedy: 'Look at it, then add --run-commands.',
    })
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: root,
    input: key,
    encoding: 'utf8',
    timeout: timeoutMs,
  })
  const names = status === 0 ? parsed(stdout) : undefined
  if (names !== undefined) return names
  const why =
    error?.message ?? (status === 0 ? 'it printed no JSON list of names' : `it ended with ${status}`)
  throw new Failure(`The command ${program} gave no aliases of ${key}: ${why}.`, {
    exitCode: EXIT.invalid,
    remedy: 'It gets the key on stdin and prints a JSON list of names, like ["NewCheckout"].',
  })
}

function parsed(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((it) => typeof it === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
