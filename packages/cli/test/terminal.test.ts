/**
 * The real program as people start it: its questions at a real terminal, what it draws there and what it
 * leaves out in a pipe, every exit code once, and the forms of its results.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { newFlag } from '../../server/test/support/flags.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts')

/** Files of the exit codes, in the folder of the test. */
const [WRONG, NEW] = ['~/wrong.yaml', '~/new.yaml']

let server: TestServer
let home: string

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'flagmarshal-terminal-'))
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(
    await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag('new-checkout') }),
  )
})
afterAll(async () => {
  await server.close()
  rmSync(home, { recursive: true, force: true })
})

/** Settings of a person whose configuration lies in a folder of the test. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  const PATH = process.env['PATH'] ?? ''
  return { PATH, HOME: home, TERM: 'xterm', FLAGMARSHAL_SERVER: server.address, ...more }
}

const alone = () => environment({ FLAGMARSHAL_TOKEN: ADMIN_TOKEN })
const administrator = () => ({ ...alone(), FLAGMARSHAL_PROJECT: 'shop' })

interface Given {
  readonly env?: Record<string, string>
  readonly cwd?: string
}

/** The program as a process of its own, its output in pipes. */
async function start(
  args: readonly string[],
  { env = administrator(), cwd = home }: Given = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (it: string) => (said.out += it))
  child.stderr.setEncoding('utf8').on('data', (it: string) => (said.err += it))
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...said }
}

/** The program at a real terminal: each answer is typed once its question stands there. */
async function atTerminal(
  args: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
  { env = administrator(), cwd = home }: Given = {},
): Promise<{ readonly code: number; readonly screen: string }> {
  const line = [process.execPath, MAIN, ...args].map((it) => `'${it}'`).join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { cwd, env })
  let screen = ''
  let seen = 0
  const left = [...answers]
  child.stdout.setEncoding('utf8').on('data', (it: string) => {
    screen += it
    const [next] = left
    if (next === undefined || !screen.slice(seen).includes(next[0])) return
    seen = screen.length
    left.shift()
    child.stdin.write(next[1])
  })
  const [code] = (await once(child, 'close')) as [number]
  expect(left, screen).toEqual([])
  return { code, screen }
}

function repository(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = path.join(home, name)
  mkdirSync(folder, { recursive: true })
  execFileSync('git', ['init', '--quiet', folder])
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  return folder
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && !it.parentPath.includes('/.git/') && !it.parentPath.endsWith('/.git'))
    .map((it) => path.relative(folder, path.join(it.parentPath, it.name)))
    .toSorted()
}

describe('init', () => {
  it('finds remote, languages and pipeline, and asks five questions at a real terminal', async () => {
    const cwd = repository('drawer', {
      'package.json': '{"dependencies": {"fastify": "5", "react": "19"}}',
      'src/page.tsx': '',
      'src/server.ts': '',
    })
    execFileSync('git', ['-C', cwd, 'remote', 'add', 'origin', 'git@github.com:kitchen/Kitchen_Drawer.git'])
    const { code, screen } = await atTerminal(
      ['init'],
      [
        ['Project of these flags? [kitchen-drawer]', 'shop\r'],
        ['Which team answers for the first flag? [shop]', 'payments\r'],
        ['Key of the first flag? [first-flag]', 'gift-cards\r'],
        ['backend, frontend, fullstack? [fullstack]', '\r'],
        ['github, gitlab, none? [github]', '\r'],
      ],
      { cwd, env: alone() },
    )
    expect(code, screen).toBe(0)
    expect(screen).toContain('TypeScript · github pipeline')
    expect(screen).toContain('→ flagmarshal config plan')
    expect(filesOf(cwd)).toEqual([
      '.github/workflows/flagmarshal-gate.yml',
      'flagmarshal/.schema/criteria.json',
      'flagmarshal/.schema/flag.json',
      'flagmarshal/.schema/project.json',
      'flagmarshal/flags/gift-cards.yaml',
      'flagmarshal/project.yaml',
      'flagmarshal/rollouts/criteria.yaml',
      'flags.json',
      'package.json',
      'src/page.tsx',
      'src/server.ts',
    ])
  })

  it('writes what config plan and apply accept, its schemas too, and codegen compiles from', async () => {
    const cwd = path.join(home, 'drawer')
    // The project stands in the repository: nobody names it.
    const env = alone()
    const planned = await start(['config', 'plan'], { cwd, env })
    expect(planned.out).toContain('+ Flag gift-cards  (flags/gift-cards.yaml:2)')
    expect(planned.code, planned.err).toBe(EXIT.drift)
    expect(await start(['config', 'apply'], { cwd, env })).toMatchObject({ code: 0 })
    expect(await start(['config', 'plan'], { cwd, env })).toMatchObject({ code: 0 })
    for (const [file, schema] of [
      ['project.yaml', 'project'],
      ['flags/gift-cards.yaml', 'flag'],
      ['rollouts/criteria.yaml', 'criteria'],
    ]) {
      const served = (await (await fetch(`${server.address}/schema/v1/${schema}.json`)).json()) as object
      expect(served).toEqual(
        JSON.parse(readFileSync(path.join(cwd, `flagmarshal/.schema/${schema}.json`), 'utf8')),
      )
      const text = readFileSync(path.join(cwd, 'flagmarshal', file ?? ''), 'utf8')
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(served)
      expect(validate(parse(text)), `${file} ${JSON.stringify(validate.errors)}`).toBe(true)
      const named = /\$schema=(\S+)/.exec(text)?.[1] ?? ''
      expect(existsSync(path.resolve(cwd, 'flagmarshal', path.dirname(file ?? ''), named)), named).toBe(true)
    }
    const written = await start(['codegen', 'node', '--manifest', 'flags.json'], { cwd, env })
    expect(written.out).toContain('GIFT_CARDS')
    const other = await start(['config', 'plan', '--project', 'web'], { cwd, env })
    expect(other).toMatchObject({ code: EXIT.invalid })
    expect(other.err).toContain('are those of shop; the command means web')
  })

  it('never overwrites without --force, and says which files', async () => {
    const cwd = path.join(home, 'drawer')
    const args = ['init', '--no-input', '--project', 'shop', '--owner', 'payments', '--flag', 'gift-cards']
    expect((await start(args, { cwd })).out).toContain('8 as they are')
    const flag = path.join(cwd, 'flagmarshal/flags/gift-cards.yaml')
    writeFileSync(flag, '# mine\n')
    writeFileSync(
      path.join(cwd, 'flags.json'),
      '{"flags": {"old": {"flagType": "boolean", "defaultValue": true}}}',
    )
    const refused = await start(args, { cwd })
    expect(refused).toMatchObject({ code: EXIT.drift })
    expect(refused.err).toContain('flagmarshal/flags/gift-cards.yaml, flags.json would be replaced')
    expect(readFileSync(flag, 'utf8')).toBe('# mine\n')
    expect((await start([...args, '--dry-run', '--force'], { cwd })).out).toContain('Nothing was changed')
    expect(readFileSync(flag, 'utf8')).toBe('# mine\n')
    expect(await start([...args, '--force'], { cwd })).toMatchObject({ code: 0 })
    expect(readFileSync(flag, 'utf8')).toContain('owner: payments')
    // What others have written into the manifest stays.
    expect(JSON.parse(readFileSync(path.join(cwd, 'flags.json'), 'utf8')).flags).toEqual({
      old: { flagType: 'boolean', defaultValue: true },
      'gift-cards': { flagType: 'boolean', defaultValue: false },
    })
  })

  it('takes what it finds where nobody can be asked, for GitLab and another language too', async () => {
    const cwd = repository('search', { '.gitlab-ci.yml': '', 'main.go': '' })
    const { code, out, err } = await start(['init', '-o', 'json', '--template', 'backend'], {
      cwd,
      env: environment(),
    })
    expect(code, err).toBe(0)
    expect(JSON.parse(out).result).toMatchObject({
      project: 'search',
      owner: 'search',
      flag: 'first-flag',
      pipeline: 'gitlab',
      found: { languages: ['Go'] },
      next: `flagmarshal login --server ${server.address}`,
    })
    const job = parse(readFileSync(path.join(cwd, '.gitlab/flagmarshal-gate.yml'), 'utf8'))
    expect(job['.flagmarshal-gate'].script[0]).toContain('gate check')
    expect(await start(['init'], { cwd: path.join(cwd, '.gitlab') })).toMatchObject({ code: EXIT.usage })
  })

  it('ends with 130 when the person leaves it by Ctrl-C, and has written nothing', async () => {
    const cwd = repository('left')
    const { code, screen } = await atTerminal(['init'], [['Project of these flags?', '\u0003']], {
      cwd,
      env: alone(),
    })
    expect(code, screen).toBe(EXIT.interrupted)
    expect(filesOf(cwd)).toEqual([])
  })
})

describe('login and doctor', () => {
  it('asks for a token without showing it, keeps it for its owner alone, and needs no other word', async () => {
    const env = environment()
    const { code, screen } = await atTerminal(
      ['login', '--project', 'shop', '--name', 'work'],
      [['it is not shown', `${ADMIN_TOKEN}\r`]],
      { env },
    )
    expect(code, screen).toBe(0)
    expect(screen).not.toContain(ADMIN_TOKEN)
    const kept = path.join(home, '.config/flagmarshal/work.token')
    expect(statSync(kept).mode & 0o777).toBe(0o600)
    const { FLAGMARSHAL_SERVER: _, ...bare } = env
    expect(await start(['flag', 'list'], { env: bare })).toMatchObject({ code: 0 })
    expect(await start(['login', '--token', 'fm_user_none'], { env })).toMatchObject({ code: EXIT.access })
    expect(await start(['login'], { env: environment({ HOME: '/nowhere' }) })).toMatchObject({
      code: EXIT.usage,
    })
  })

  it('goes from here to a flag that is evaluated, and names what mends what is wrong', async () => {
    const right = await start(['doctor'], { cwd: path.join(home, 'drawer') })
    expect(right.code, right.out).toBe(0)
    for (const line of ['✓ server', '✓ clock', '✓ token', '✓ versions', '✓ project', '· keys', '✓ documents'])
      expect(right.out).toContain(line)
    expect(right.out).toContain('→ flagmarshal key create backend -e development')
    const wrong = await start(['doctor', '-o', 'json', '--project', 'none'], {
      env: alone(),
    })
    expect(wrong.code).toBe(EXIT.invalid)
    expect(JSON.parse(wrong.out).result.at(-1)).toMatchObject({
      state: 'wrong',
      remedy: 'flagmarshal project create none',
    })
    const away = await start(['doctor', '--server', 'http://127.0.0.1:9'])
    expect(away).toMatchObject({ code: EXIT.invalid, out: expect.stringContaining('✗ server') })
    expect((await start(['version'])).out).toMatch(/^flagmarshal {2}\d+\.\d+\.\d+\nnode.*\nserver {7}\d/)
  })
})

describe('the forms of a result', () => {
  it.each([
    ['table', /^FLAG\s.*\n(?:.*\n)*new-checkout/],
    ['md', /^\| flag \|.*\n\| --- \|.*\n(\| .*\n)*\| new-checkout \|/],
    ['yaml', /^schema: flagmarshal.dev\/cli\/v1\nresult:\n(?:.*\n)* {2}- key: new-checkout\n/],
    ['json', /^\{\n {2}"schema": "flagmarshal.dev\/cli\/v1",\n {2}"result": \[/],
  ])('%s', async (form, shape) => {
    const { out, code } = await flagmarshal(['flag', 'list', '-o', form], administrator())
    expect(code).toBe(0)
    expect(out).toMatch(shape)
  })

  it('problems have the form of results', async () => {
    const { out, code } = await flagmarshal(['flag', 'show', 'none', '-o', 'yaml'], administrator())
    expect(code).toBe(EXIT.notFound)
    expect(parse(out).problem).toMatchObject({ status: 404, remedy: expect.any(String) })
  })

  it('--dry-run sends nothing that changes, and shows what it would', async () => {
    const tried = await flagmarshal(
      ['--dry-run', 'flag', 'on', 'new-checkout', '-e', 'staging'],
      administrator(),
    )
    expect(tried).toMatchObject({ code: 0, err: '' })
    expect(tried.out).toContain('PUT /api/v1/projects/shop/flags/new-checkout/environments/staging')
    expect(tried.out).toContain('"enabled": true')
    const json = await flagmarshal(
      ['--dry-run', '--json', 'kill', 'new-checkout', '-e', 'staging'],
      administrator(),
    )
    expect(JSON.parse(json.out).dryRun).toMatchObject({
      method: 'POST',
      body: { reason: expect.any(String) },
    })
    const file = path.join(home, 'out.json')
    await flagmarshal(['--dry-run', 'export', '-e', 'staging', '--output', file], administrator())
    expect(existsSync(file)).toBe(false)
  })
})

describe('a terminal', () => {
  it('sees colours and that it waits; a pipe, NO_COLOR and --quiet see neither', async () => {
    const slow = createServer((_request, response) => {
      setTimeout(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"items": []}'),
        1_500,
      )
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const at = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
    try {
      const list = ['--server', at, 'project', 'list']
      const [seen, quiet, piped] = await Promise.all([
        atTerminal(list, []),
        atTerminal(['-q', ...list], []),
        start(list),
      ])
      expect(seen.screen).toContain('waiting for the server, 1 s')
      expect(quiet.screen).not.toContain('waiting')
      expect(piped).toMatchObject({ code: 0, err: '' })
    } finally {
      slow.close()
    }
  })
})

describe('every exit code', () => {
  beforeAll(prepare)
  it.each<readonly [keyof typeof EXIT, readonly string[]]>([
    ['ok', ['whoami']],
    ['unexpected', ['--server', 'http://127.0.0.1:9', 'whoami']],
    ['usage', ['flag', 'on', 'new-checkout']],
    ['gateClosed', ['flag', 'on', 'new-checkout', '-e', 'production']],
    ['notFound', ['flag', 'show', 'none']],
    ['access', ['--token', 'fm_user_none', 'whoami']],
    ['conflict', ['flag', 'create', 'new-checkout', '--owner', 'a', '--layer', 'backend']],
    ['invalid', ['config', 'plan', '--from', WRONG]],
    ['timeout', ['gate', 'check', 'waited-for', '--wait', '10ms']],
    ['notVerified', ['connection', 'test', 'away']],
    ['drift', ['config', 'plan', '--from', NEW]],
  ])('%s, with what, why, and what to do', async (name, args) => {
    const { code, err } = await flagmarshal(
      args.map((it) => it.replace('~', home)),
      administrator(),
    )
    expect(code, err).toBe(EXIT[name])
    if (['ok', 'timeout', 'notVerified', 'drift'].includes(name)) return
    expect(err).toMatch(name === 'usage' ? /--env.*\n.*--help/s : /.+\n→ .+/s)
  })
})

/** What the exit codes need to be there. */
async function prepare(): Promise<void> {
  writeFileSync(WRONG.replace('~', home), 'kind: Flag\n')
  writeFileSync(
    NEW.replace('~', home),
    'apiVersion: flagmarshal.dev/v1\nkind: Flag\nmetadata: {name: other}\nspec: {owner: a, layers: [backend]}\n',
  )
  const roles = ['technical-lead', 'operations-lead', 'product-owner']
  for (const role of roles) await flagmarshal(['person', 'add', role, '--role', role], administrator())
  for (const line of [
    [
      'feature',
      'new',
      'waited-for',
      '--team',
      'payments',
      '--flag',
      'new-checkout',
      '--layer',
      'backend',
    ].concat(
      ['--no-ticket', 'a test'],
      roles.flatMap((role) => [`--${role}`, role]),
    ),
    ['connection', 'create', 'away', '--setting', 'prometheus.url=https://prometheus.invalid'],
  ])
    expect(await flagmarshal(line, administrator())).toMatchObject({ code: 0 })
}
