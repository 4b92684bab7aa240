/**
 * promtool and amtool, run as programs of this machine with files in a folder of their own that is
 * gone afterwards. Where one is not installed that is said; nothing is then taken for right.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { stringify } from 'yaml'

import type { RuleTools, ToolVerdict } from '../interfaces.ts'

const TIMEOUT_MS = 180_000
/** Of what a program says, so much is kept. */
const MOST_CHARACTERS = 4_000

/** The programs that the search path finds. */
export function ruleTools(): RuleTools {
  return {
    check: (rules) =>
      inFolder(async (folder) => {
        await writeFile(path.join(folder, 'rules.yml'), stringify(rules))
        return verdictOf(await run('promtool', ['check', 'rules', 'rules.yml'], folder))
      }),
    test: (tests) =>
      inFolder(async (folder) => {
        const files: string[] = []
        for (const { name, rules, tests: each } of tests) {
          await writeFile(path.join(folder, `${name}-rules.yml`), stringify(rules))
          const test = {
            rule_files: [`${name}-rules.yml`],
            evaluation_interval: rules.groups[0]?.interval ?? '1m',
            tests: each,
          }
          await writeFile(path.join(folder, `${name}.yml`), stringify(test))
          files.push(`${name}.yml`)
        }
        return verdictOf(await run('promtool', ['test', 'rules', ...files], folder))
      }),
    routes: (configuration, labels) =>
      inFolder(async (folder) => {
        await writeFile(path.join(folder, 'alertmanager.yml'), configuration)
        const checked = verdictOf(await run('amtool', ['check-config', 'alertmanager.yml'], folder))
        if (checked.kind !== 'right') return checked
        const receivers: string[][] = []
        for (const each of labels) {
          const pairs = Object.entries(each).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
          const args = ['config', 'routes', 'test', '--config.file=alertmanager.yml', ...pairs]
          const ran = await run('amtool', args, folder)
          if (ran.code !== 0) return verdictOf(ran)
          receivers.push(ran.output.trim().split(',').filter(Boolean))
        }
        return { kind: 'right', receivers }
      }),
  }
}

interface Ran {
  readonly code: number | 'absent'
  /** What it printed; of a failure also what it complained about. */
  readonly output: string
  readonly program: string
}

function verdictOf({ code, output, program }: Ran): ToolVerdict {
  if (code === 'absent') return { kind: 'absent', why: `${program} is not installed on this machine` }
  return code === 0 ? { kind: 'right' } : { kind: 'wrong', why: output.slice(0, MOST_CHARACTERS) }
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      { cwd, timeout: TIMEOUT_MS, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, output: stdout, program })
        const output = `${stdout}\n${stderr}`.replaceAll(cwd, '').trim()
        if (error.code === 'ENOENT') return resolve({ code: 'absent', output: '', program })
        const late = error.killed === true ? `${program} did not end within ${TIMEOUT_MS / 1000} s` : ''
        resolve({ code: child.exitCode ?? 1, output: output || late || error.message, program })
      },
    )
  })
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-rules-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
