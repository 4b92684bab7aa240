/** What makes the program at home in a shell: completion, asked by the shells themselves, and profiles. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { flagmarshal } from './support/program.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-completion-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function scriptOf(shell: string): Promise<string> {
  const { code, out } = await flagmarshal(['completion', shell], {})
  expect(code).toBe(0)
  const file = path.join(folder, shell)
  writeFileSync(file, out)
  return file
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}

/** What the shell would offer for the last word of a line. */
const ASK = {
  bash: (file: string, line: string) => [
    '-c',
    `source ${file}; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _flagmarshal; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // The part of zsh that offers words needs a terminal; what it is given to offer does not.
  zsh: (file: string, line: string) => [
    '-fc',
    `compdef() { :; }; compadd() { shift; print -l -- $@ }; source ${file}; words=(${line}); CURRENT=\${#words}; _flagmarshal`,
  ],
  fish: (file: string, line: string) => ['-c', `source ${file}; complete -C ${line}`],
} as const

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  const offers = async (line: string) =>
    execFileSync(shell, ASK[shell](await scriptOf(shell), line), { encoding: 'utf8' })
      .split('\n')
      .map((it) => it.split('\t')[0])

  it.skipIf(!isThere(shell))('offers commands, their commands, and their options', async () => {
    const line = (...words: string[]) =>
      shell === 'fish' ? `'${words.join(' ')}'` : words.map((it) => `'${it}'`).join(' ')
    expect(await offers(line('flagmarshal', 'ki'))).toContain('kill')
    expect(await offers(line('flagmarshal', 'flag', 'cr'))).toContain('create')
    const options = await offers(line('flagmarshal', '--json', 'flag', 'create', 'new-checkout', '--'))
    expect(options).toEqual(expect.arrayContaining(['--owner', '--layer', '--json', '--help']))
    expect(options).not.toContain('--manifest')
  })
})

it('a shell that nobody knows is refused with those that there are', async () => {
  const { code, err } = await flagmarshal(['completion', 'cmd'], {})
  expect(code).toBe(2)
  expect(err).toContain('bash, zsh, fish')
})

it('profile save, list, use and remove keep servers by name', async () => {
  const env = { XDG_CONFIG_HOME: folder }
  const call = async (...args: string[]) => {
    const { code, out, err } = await flagmarshal(['--json', ...args], env)
    expect(code, err).toBe(0)
    return JSON.parse(out).result
  }
  await call('profile', 'save', 'work', '--server', 'https://flags.example', '--project', 'shop')
  await call('profile', 'save', 'local', '--server', 'http://127.0.0.1:4860')
  await call('profile', 'use', 'work')
  expect(await call('profile', 'list')).toEqual([
    { name: 'work', server: 'https://flags.example', project: 'shop', current: true },
    { name: 'local', server: 'http://127.0.0.1:4860', current: false },
  ])
  await call('profile', 'remove', 'work')
  expect(await call('profile', 'list')).toMatchObject([{ name: 'local', current: false }])
  expect(await flagmarshal(['profile', 'use', 'work'], env)).toMatchObject({ code: 2 })
})
