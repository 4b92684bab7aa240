/** Commands that the product tells people to run must be commands. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { ALLOWED } from '@flagmarshal/domain/procedure/can'
import type { Act } from '@flagmarshal/domain/procedure/can'
import { nextView } from '@flagmarshal/server/procedure/next-view'
import { describe, expect, it } from 'vitest'

import { complaint } from './support/program.ts'
import { createShell } from './support/shell.ts'

/** What the server calls itself to PostgreSQL. */
const SERVER_NAME = 'flagmarshal server x'

const root = path.resolve(import.meta.dirname, '../../..')

/** A shell whose only program is a command line that is parsed and not run. */
const shell = createShell({
  flagmarshal: async (args) => {
    const err = await complaint(args)
    return { code: err === undefined ? 0 : 2, out: '', err: err ?? '' }
  },
})

async function complaints(command: string): Promise<string> {
  return (await shell.execute(command)).map((it) => it.err).join('')
}

describe('a command that the server names is a real one', () => {
  it.each(Object.keys(ALLOWED) as Act[])('for the act %s', async (act) => {
    const address = { project: 'shop', feature: 'checkout', run: 'run_1' }
    const about =
      act === 'approve' ? 'technical-lead' : act === 'review-subject' ? 'technical/strategy' : 'P-I1'
    const { command } = nextView(address, { act, title: act, who: [], step: 2, about })
    expect(await complaints(command)).toBe('')
  })

  it('in every text of the source', async () => {
    const found = globSync('packages/{domain,server,cli}/src/**/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => mentions(readFileSync(path.join(root, file), 'utf8')))
    expect(found.length).toBeGreaterThan(8)
    const wrong = await Promise.all(found.map(async (it) => [it, await complaints(it)] as const))
    expect(wrong.filter(([, why]) => why !== '')).toEqual([])
  })

  it('and one that is not real is noticed', async () => {
    expect(await complaints('flagmarshal feature begin checkout')).toContain('unknown command')
    expect(await complaints('flagmarshal feature start checkout')).toContain('--trigger')
    expect(await complaints('flagmarshal gate check checkout --until 3s')).toContain('unknown option')
  })
})

/** Commands in strings, with something in place of what is filled in; comments name nouns only. */
function mentions(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => !/^\s*(\/\*)?\*/.test(line))
    .flatMap(
      (line) => line.match(/flagmarshal [a-z]+( (\$\{[^}]*\}|<[a-z]+>|"[^"]*"|[^"`'.;$<\s]+))+/g) ?? [],
    )
    .map((it) => it.replaceAll(/\$\{[^}]*\}|<[a-z]+>/g, 'x'))
    .filter((it) => it !== SERVER_NAME)
}
